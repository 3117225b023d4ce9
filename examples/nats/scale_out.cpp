// One stream of jobs, and as many workers as you start, on as many machines: each job goes to one of
// them. A worker that is killed has not acknowledged what it had in hand; the others are given it.
//
//   scale_out fill <url> <jobs>
//   scale_out work <url>          ends when there has been nothing to do for 3 seconds

#include <streamx/nats.hpp>
#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace nats = streamx::nats;
using namespace std::chrono_literals;
using asio::use_awaitable;

asio::awaitable<nats::connection> connect(std::string url) {
    nats::connect_options options;
    options.servers.assign(1, std::move(url));
    auto c = co_await nats::async_connect(
        co_await asio::this_coro::executor, std::move(options), use_awaitable);
    nats::stream_config config;
    config.name = "JOBS";
    config.subjects.push_back("jobs");
    config.retention = nats::retention::work_queue; // a job that is done is removed
    co_await nats::ensure_stream(c, std::move(config), use_awaitable);
    co_return c;
}

asio::awaitable<void> fill(std::string url, int jobs) {
    const auto c = co_await connect(std::move(url));
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
    const auto c = co_await connect(std::move(url));
    nats::source_options options;
    options.stream = "JOBS";
    options.durable = "workers"; // who gives the same name shares the messages
    options.ack_wait = 2s;       // what a worker does not acknowledge in time goes to another
    options.capacity = 16;       // and so much it may have waiting: the slow one gets less
    options.batch = 8;
    auto jobs = nats::jetstream_source<>(c, std::move(options)) | streamx::timeout(3s) |
                streamx::map_async_unordered(8, carry_out); // its result is still a delivery
    co_await streamx::async_for_each(
        std::move(jobs),
        [](const std::string& line) { std::cout << line << std::endl; }, // and then acknowledged
        use_awaitable);
}
// [/work]

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    asio::io_context context;
    int result = 0;
    auto done = [&](std::exception_ptr failure) {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            if (streamx::to_error_code(failure) == streamx::condition::timed_out)
                return; // nothing to do
            std::cerr << "scale_out: " << e.what() << '\n';
            result = 1;
        }
    };
    if (args.size() == 3 && args[0] == "fill") {
        asio::co_spawn(context, fill(args[1], std::stoi(args[2])), done);
    } else if (args.size() == 2 && args[0] == "work") {
        asio::co_spawn(context, work(args[1]), done);
    } else {
        std::cerr << "scale_out fill <url> <jobs>\nscale_out work <url>\n";
        return 2;
    }
    context.run();
    return result;
}
