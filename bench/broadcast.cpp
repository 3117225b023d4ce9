// A broadcast from one coroutine to 1, 4 or 16 others on one thread, per item delivered to one of
// them: free-running with room for 1024 items, and in lockstep. And a put of which one subscriber
// takes notice, beside ten or ten thousand that do not.
#include "bench.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/operators/ready_chunks.hpp>
#include <streamx/terminals/async_for_each.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace streamx::bench {
namespace {

asio::awaitable<void> produce(broadcast<std::uint64_t>& b, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
        if (!b.try_put(i))
            co_await b.async_put(i, asio::deferred);
    b.close();
}

asio::awaitable<void> consume(subscription<std::uint64_t> s, std::uint64_t& sum) {
    while (auto item = co_await s.next())
        sum += *item;
}

asio::awaitable<void> consume_chunks(subscription<std::uint64_t> s, std::uint64_t& sum) {
    auto chunks = std::move(s) | ready_chunks(64);
    while (auto chunk = co_await chunks.next())
        for (const auto item : *chunk)
            sum += item;
}

enum class by { coroutine, chunks, terminal };

/// `n` deliveries to `consumers`.
std::uint64_t deliver(std::uint64_t n, std::size_t consumers, std::size_t capacity, by how) {
    asio::io_context ctx(1);
    broadcast<std::uint64_t> b(ctx.get_executor());
    std::uint64_t sum = 0;
    for (std::size_t c = 0; c != consumers; ++c) {
        auto s = b.subscribe({.capacity = capacity});
        if (how == by::coroutine)
            asio::co_spawn(ctx, consume(std::move(s), sum), asio::detached);
        else if (how == by::chunks)
            asio::co_spawn(ctx, consume_chunks(std::move(s), sum), asio::detached);
        else
            async_for_each(std::move(s), [&sum](std::uint64_t i) { sum += i; }, asio::detached);
    }
    asio::co_spawn(ctx, produce(b, n / consumers), asio::detached);
    ctx.run();
    return sum;
}

/// Puts to one subscriber that takes each, beside `idle` that never do.
std::uint64_t beside(std::uint64_t n, std::size_t idle) {
    asio::io_context ctx(1);
    broadcast<std::uint64_t> b(ctx.get_executor());
    auto s = b.subscribe({.capacity = 1});
    std::vector<subscription<std::uint64_t>> others;
    {
        const untimed making_them;
        for (std::size_t i = 0; i != idle; ++i)
            others.push_back(b.subscribe({.overflow = overflow::drop_oldest, .capacity = 16}));
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        b.try_put(i);
        sum += *s.try_next();
    }
    const untimed unmaking_them;
    others.clear();
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    for (const std::size_t consumers : {1, 4, 16}) {
        const auto expected = [consumers](std::uint64_t n) {
            return consumers * sum_below(n / consumers);
        };
        const auto to = std::string(consumers == 1 ? "/1" : consumers == 4 ? "/4" : "/16");
        run(
            "broadcast/free_running" + to,
            [consumers](std::uint64_t n) { return deliver(n, consumers, 1024, by::coroutine); },
            expected,
            16);
        run(
            "broadcast/free_running/chunks" + to,
            [consumers](std::uint64_t n) { return deliver(n, consumers, 1024, by::chunks); },
            expected,
            16);
        run(
            "broadcast/free_running/terminal" + to,
            [consumers](std::uint64_t n) { return deliver(n, consumers, 1024, by::terminal); },
            expected,
            16);
        run(
            "broadcast/lockstep" + to,
            [consumers](std::uint64_t n) { return deliver(n, consumers, 0, by::coroutine); },
            expected,
            16);
        run(
            "broadcast/lockstep/terminal" + to,
            [consumers](std::uint64_t n) { return deliver(n, consumers, 0, by::terminal); },
            expected,
            16);
    }
    for (const std::size_t idle : {10, 10'000})
        run(
            idle == 10 ? "broadcast/beside_10_idle" : "broadcast/beside_10000_idle",
            [idle](std::uint64_t n) { return beside(n, idle); },
            sum_below);
}
