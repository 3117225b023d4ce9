// What it costs a coroutine to take an item that is there already: only the taking is timed. And the
// least that this can cost, with an `asio::awaitable` that does nothing but give one.
#include "bench.hpp"

#include <streamx/channels/channel.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace streamx::bench {
namespace {

constexpr std::uint64_t capacity = 1024;

template <class Sender>
void fill(Sender& tx, std::uint64_t first, std::uint64_t count) {
    const untimed while_filling;
    for (std::uint64_t item = first; item != first + count; ++item)
        tx.try_send(item);
}

/// Fills the channel and empties it with `take(rx)`, until n items have gone through.
template <class Sender, class Receiver, class Take>
asio::awaitable<void>
fill_and_empty(Sender tx, Receiver rx, std::uint64_t n, std::uint64_t& sum, Take take) {
    for (std::uint64_t done = 0; done < n;) {
        const auto batch = std::min(capacity, n - done);
        fill(tx, done, batch);
        for (std::uint64_t i = 0; i < batch; ++i) {
            const std::optional<std::uint64_t> item = co_await take(rx);
            sum += *item;
        }
        done += batch;
    }
}

template <class Make, class Take>
std::uint64_t measure(std::uint64_t n, Make make, Take take) {
    asio::io_context ctx(1);
    std::uint64_t sum = 0;
    {
        auto [tx, rx] = make(ctx.get_executor());
        asio::co_spawn(
            ctx, fill_and_empty(std::move(tx), std::move(rx), n, sum, take), asio::detached);
    }
    ctx.run();
    return sum;
}

[[gnu::noinline]] asio::awaitable<std::optional<std::uint64_t>> give(std::uint64_t item) {
    co_return item;
}

std::uint64_t measure_least(std::uint64_t n) {
    asio::io_context ctx(1);
    std::uint64_t sum = 0;
    auto take_all = [&]() -> asio::awaitable<void> {
        for (std::uint64_t i = 0; i != n; ++i)
            sum += *co_await give(i);
    };
    asio::co_spawn(ctx, take_all, asio::detached);
    ctx.run();
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    auto local = [](auto ex) { return streamx::make_local_channel<std::uint64_t>(ex, capacity); };
    auto with_mutex = [](auto ex) { return streamx::make_channel<std::uint64_t>(ex, capacity); };
    auto next = [](auto& rx) { return rx.next(); };
    auto async_next = [](auto& rx) { return rx.async_next(streamx::asio::use_awaitable); };
    run(
        "await_ready/next/local",
        [&](std::uint64_t n) { return measure(n, local, next); },
        sum_below);
    run(
        "await_ready/next/with_mutex",
        [&](std::uint64_t n) { return measure(n, with_mutex, next); },
        sum_below);
    run("await_ready/least", measure_least, sum_below);
    run(
        "await_ready/async_next/local",
        [&](std::uint64_t n) { return measure(n, local, async_next); },
        sum_below);
}
