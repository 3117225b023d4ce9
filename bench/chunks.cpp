// What it costs to gather a channel's items into chunks of 64, beside the channel alone.
#include "bench.hpp"

#include <streamx/channels/channel.hpp>
#include <streamx/operators/chunks.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace streamx::bench {
namespace {

/// Adds up what is in the stream that `shape(receiver)` makes.
template <class Shape, class Add>
std::uint64_t pump(std::uint64_t n, std::size_t capacity, Shape shape, Add add) {
    asio::io_context ctx(1);
    const auto ex = ctx.get_executor();
    std::uint64_t sum = 0;
    {
        auto [tx, rx] = make_local_channel<std::uint64_t>(ex, capacity);
        forward_to(
            range(std::uint64_t(0), n),
            std::move(tx),
            asio::bind_executor(ex, [](std::exception_ptr) {}));
        async_fold(
            shape(std::move(rx)),
            std::uint64_t(0),
            add,
            asio::bind_executor(ex, [&](std::exception_ptr, std::uint64_t total) { sum = total; }));
    }
    ctx.run();
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    auto alone = [](auto rx) { return rx; };
    auto chunked = [](auto rx) { return std::move(rx) | streamx::chunks(64); };
    auto add_item = [](std::uint64_t sum, std::uint64_t item) { return sum + item; };
    auto add_chunk = [](std::uint64_t sum, const std::vector<std::uint64_t>& chunk) {
        return std::accumulate(chunk.begin(), chunk.end(), sum);
    };
    for (const std::size_t capacity : {64, 1024}) {
        const auto cap = "/cap" + std::to_string(capacity);
        run(
            "chunks/chunks64" + cap,
            [=](std::uint64_t n) { return pump(n, capacity, chunked, add_chunk); },
            sum_below);
        run(
            "chunks/channel_alone" + cap,
            [=](std::uint64_t n) { return pump(n, capacity, alone, add_item); },
            sum_below);
    }
}
