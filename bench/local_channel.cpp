// A channel between a producer and a consumer on one thread.
#include "bench.hpp"
#include "raw.hpp"

#include <streamx/channels/channel.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <utility>

namespace streamx::bench {
namespace {

/// Runs n numbers through the channel that `make(executor)` makes.
template <class Make>
std::uint64_t pump(std::uint64_t n, Make make) {
    asio::io_context ctx(1);
    const auto ex = ctx.get_executor();
    std::uint64_t sum = 0;
    {
        auto [tx, rx] = make(ex);
        forward_to(
            range(std::uint64_t(0), n),
            std::move(tx),
            asio::bind_executor(ex, [](std::exception_ptr) {}));
        async_fold(
            std::move(rx),
            std::uint64_t(0),
            std::plus{},
            asio::bind_executor(ex, [&](std::exception_ptr, std::uint64_t total) { sum = total; }));
    }
    ctx.run();
    return sum;
}

template <class Channel>
std::uint64_t pump_raw(std::uint64_t n, std::size_t capacity) {
    asio::io_context ctx(1);
    Channel channel(ctx, capacity);
    std::uint64_t sum = 0;
    raw_receiver<Channel, unbound>{&channel, {}, n, &sum}.start();
    raw_sender<Channel, unbound>{&channel, {}, 0, n}();
    ctx.run();
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    for (const std::size_t capacity : {1, 16, 64, 1024}) {
        const auto cap = "/cap" + std::to_string(capacity);
        run(
            "local/streamx" + cap,
            [=](std::uint64_t n) {
                return pump(n, [=](auto ex) {
                    return streamx::make_local_channel<std::uint64_t>(ex, capacity);
                });
            },
            sum_below);
        run(
            "local/streamx_with_mutex" + cap,
            [=](std::uint64_t n) {
                return pump(
                    n, [=](auto ex) { return streamx::make_channel<std::uint64_t>(ex, capacity); });
            },
            sum_below);
        run(
            "local/raw_try_first" + cap,
            [=](std::uint64_t n) { return pump_raw<raw_channel>(n, capacity); },
            sum_below);
        run(
            "local/raw_with_mutex_try_first" + cap,
            [=](std::uint64_t n) { return pump_raw<raw_concurrent_channel>(n, capacity); },
            sum_below);
    }
}
