#include "pipeline.hpp"

#include "line_file.hpp"
#include "pace.hpp"
#include "record.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace demo {
namespace {

namespace asio = boost::asio;

using batch = std::shared_ptr<const std::vector<record>>;

batch share(std::vector<record> records) {
    return std::make_shared<const std::vector<record>>(std::move(records));
}

/// Reads as fast as the channel takes the lines, and never faster.
asio::awaitable<void> read(
    line_file file,
    streamx::sender<std::string> out,
    file_counters& counters,
    clock::time_point deadline,
    const std::atomic<bool>& stop) {
    const auto start = clock::now();
    auto now = start;
    try {
        while (!stop && now < deadline) {
            const auto resumed = now;
            auto line = file.next();
            now = clock::now();
            counters.reading += (now - resumed).count();
            if (!line)
                break;
            ++counters.read;
            co_await out.send(*std::move(line)); // suspended while the channel is full
            now = clock::now();
        }
        counters.cut_short = stop || now >= deadline;
    } catch (...) {
        out.close(std::current_exception()); // the failure travels with the stream
    }
    out.close();
    counters.took = (clock::now() - start).count();
}

/// From lines to the records that somebody wants.
streamx::any_stream<record>
wanted_records(streamx::receiver<std::string> lines, file_counters& counters) {
    return std::move(lines) | streamx::map([](const std::string& line) { return parse(line); }) |
           streamx::filter([&counters](const record& r) {
               auto& count = r.what == record::kind::not_text ? counters.not_text
                             : is_wanted(r)                   ? counters.passed
                                                              : counters.filtered;
               ++count;
               return is_wanted(r);
           });
}

/// Gives each batch to every consumer. Where one of them is full this is suspended, so everything
/// goes at the pace of the slowest.
asio::awaitable<void>
hand_out(streamx::any_stream<record> records, std::vector<streamx::sender<batch>> consumers) {
    std::exception_ptr failure;
    try {
        auto batches = std::move(records) | streamx::chunks(batch_size) | streamx::map(share);
        while (auto b = co_await batches.next())
            for (auto& consumer : consumers)
                co_await consumer.send(*b);
    } catch (...) {
        failure = std::current_exception();
    }
    for (auto& consumer : consumers)
        consumer.close(failure);
    if (failure)
        std::rethrow_exception(failure);
}

/// `speed()` says how many records a second it takes at the moment; 0: as many as there are.
template <class Speed>
asio::awaitable<void>
consume(streamx::receiver<batch> in, consumer_counters& counters, Speed speed) {
    pace work(co_await asio::this_coro::executor);
    while (auto b = co_await in.next()) {
        counters.pace = speed();
        if (counters.pace != 0)
            co_await work.work_on((*b)->size(), counters.pace);
        counters.records += (*b)->size();
        ++counters.batches;
    }
}

/// A sender is also a way to look at its channel. It does not keep it open: who sends closes it.
template <class T>
gauge gauge_of(std::string name, std::string producer, const streamx::sender<T>& tx) {
    return {std::move(name), std::move(producer), [tx]() -> gauge::reading {
                return {tx.size(), tx.capacity(), tx.stats()};
            }};
}

} // namespace

std::vector<std::future<void>> start_pipeline(
    asio::io_context& context,
    const std::vector<std::filesystem::path>& files,
    const plan& plan,
    board& board,
    const std::atomic<bool>& stop) {
    std::vector<line_file> open;
    for (const auto& path : files)
        open.emplace_back(path); // before anything runs: it throws if there is no such file

    std::vector<std::future<void>> done;
    const auto start_on = [&](auto strand, asio::awaitable<void> coroutine) {
        done.push_back(asio::co_spawn(strand, std::move(coroutine), asio::use_future));
    };
    const auto middle = asio::make_strand(context);
    const auto deadline = board.start + reading_time;

    std::vector<streamx::any_stream<record>> sources;
    for (std::size_t i = 0; i != files.size(); ++i) {
        const auto reader = asio::make_strand(context);
        auto [tx, rx] = streamx::make_channel<std::string>(reader, middle, lines_in_channel);
        auto& counters = board.files.emplace_back();
        counters.name = files[i].filename().string();
        counters.bytes = std::filesystem::file_size(files[i]);
        board.line_channels.push_back(gauge_of("lines of " + counters.name, "reader", tx));
        sources.push_back(wanted_records(std::move(rx), counters));
        start_on(reader, read(std::move(open[i]), std::move(tx), counters, deadline, stop));
    }

    std::vector<streamx::sender<batch>> consumers;
    const auto add_consumer = [&](std::string name, auto speed) {
        const auto strand = asio::make_strand(context);
        auto [tx, rx] = streamx::make_channel<batch>(middle, strand, batches_in_channel);
        auto& counters = board.consumers.emplace_back();
        counters.name = name;
        board.batch_channels.push_back(gauge_of("batches to " + name, "hand-out", tx));
        consumers.push_back(std::move(tx));
        start_on(strand, consume(std::move(rx), counters, std::move(speed)));
    };
    add_consumer("statistics", [] { return 0.0; });
    add_consumer("index", [plan] { return plan.index; });
    add_consumer("archive", [plan, start = board.start] {
        const auto now = clock::now() - start;
        return now < plan.ebb_begins || now > plan.ebb_ends ? plan.archive : plan.archive_at_ebb;
    });

    start_on(middle, hand_out(streamx::merge(std::move(sources)), std::move(consumers)));
    return done;
}

} // namespace demo
