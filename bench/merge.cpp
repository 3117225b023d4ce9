// Sixteen producers, each with a channel of its own, merged for one consumer; all on one thread.
#include "bench.hpp"

#include <streamx/channels/channel.hpp>
#include <streamx/operators/merge.hpp>
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
#include <vector>

namespace streamx::bench {
namespace {

constexpr std::uint64_t inputs = 16;

std::uint64_t pump(std::uint64_t n, std::size_t capacity) {
    asio::io_context ctx(1);
    const auto ex = ctx.get_executor();
    std::uint64_t sum = 0;
    {
        std::vector<local_receiver<std::uint64_t>> receivers;
        for (std::uint64_t k = 0; k < inputs; ++k) {
            auto [tx, rx] = make_local_channel<std::uint64_t>(ex, capacity);
            forward_to(
                range(n / inputs * k, n / inputs * (k + 1)),
                std::move(tx),
                asio::bind_executor(ex, [](std::exception_ptr) {}));
            receivers.push_back(std::move(rx));
        }
        async_fold(
            merge(std::move(receivers)),
            std::uint64_t(0),
            std::plus{},
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
    for (const std::size_t capacity : {16, 64})
        run(
            "merge16/streamx/cap" + std::to_string(capacity),
            [=](std::uint64_t n) { return pump(n, capacity); },
            sum_below,
            inputs);
}
