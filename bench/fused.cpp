// Operators over items that are always ready, against the loop that one would write by hand.
#include "bench.hpp"

#include <streamx/operators/filter.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <functional>

namespace streamx::bench {
namespace {

/// Triples a number in a way that the compiler cannot look through, so that it can neither
/// vectorise the loop nor find a closed form of its sum.
inline std::uint64_t tripled(std::uint64_t i) {
    const std::uint64_t x = i * 3;
    asm volatile("" ::"r"(x));
    return x;
}

inline bool is_even(std::uint64_t x) { return (x & 1) == 0; }

std::uint64_t by_hand(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i)
        if (const auto x = tripled(i); is_even(x))
            sum += x;
    return sum;
}

std::uint64_t piped(std::uint64_t n) {
    asio::io_context ctx(1);
    std::uint64_t sum = 0;
    auto numbers = range(std::uint64_t(0), n) | map([](std::uint64_t i) { return tripled(i); }) |
                   filter([](std::uint64_t x) { return is_even(x); });
    async_fold(
        std::move(numbers),
        std::uint64_t(0),
        std::plus{},
        asio::bind_executor(
            ctx.get_executor(), [&](std::exception_ptr, std::uint64_t total) { sum = total; }));
    ctx.run();
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    auto expected = [](std::uint64_t n) { return 6 * sum_below((n + 1) / 2); };
    run("fused/streamx", piped, expected);
    run("fused/loop", by_hand, expected);
}
