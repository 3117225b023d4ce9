// One stream of jobs, and as many workers as you start, on as many machines: each job goes to one of
// them. A worker that is killed has not acknowledged what it had in hand; the others are given it.
//
//   scale_out fill <url> <jobs>
//   scale_out work <url>          ends when there has been nothing to do for 3 seconds

#include "program.hpp"

#include <boost/system/system_error.hpp>

const nats::stream_config jobs_stream{
    .name = "JOBS",
    .subjects = {"jobs"},
    .retention = nats::retention::work_queue, // a job that is done is removed
};

asio::awaitable<void> fill(std::string url, int jobs) {
    const auto c = co_await connect(std::move(url), jobs_stream);
    nats::sink_options options;
    options.subject = "jobs";
    nats::jetstream_sink<> sink(c, std::move(options));
    auto names = streamx::range(0, jobs) | streamx::on(c.get_executor()) |
                 streamx::map([](int i) { return "job " + std::to_string(i); });
    co_await streamx::forward_to(std::move(names), sink, use_awaitable);
    co_await sink.async_flush(use_awaitable);
}

// [work]
asio::awaitable<std::string> carry_out(std::string job) {
    co_await streamx::sleep_for(2ms); // a real one would do something
    co_return "done " + job;
}

asio::awaitable<void> work(std::string url) {
    const auto c = co_await connect(std::move(url), jobs_stream);
    nats::source_options options;
    options.stream = jobs_stream.name;
    options.durable = "workers"; // who gives the same name shares the messages
    options.ack_wait = 2s;       // what a worker does not acknowledge in time goes to another
    options.capacity = 16;       // and so much it may have waiting: the slow one gets less
    options.batch = 8;
    auto jobs = nats::jetstream_source<>(c, std::move(options)) | streamx::timeout(3s) |
                streamx::map_async_unordered(8, carry_out); // its result is still a delivery
    try {
        co_await streamx::async_for_each(
            std::move(jobs),
            [](const std::string& line) { std::cout << line << std::endl; }, // then acknowledged
            use_awaitable);
    } catch (const boost::system::system_error& e) {
        if (e.code() != streamx::condition::timed_out) // that there is nothing to do
            throw;
    }
}
// [/work]

int main(int argc, char** argv) {
    const command filler{"fill <url> <jobs>", [](const arguments& words) {
                             return fill(words[1], std::stoi(words[2]));
                         }};
    const command worker{"work <url>", [](const arguments& words) { return work(words[1]); }};
    return run_program("scale_out", argc, argv, {filler, worker});
}
