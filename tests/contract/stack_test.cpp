#include <streamx/operators.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>

// However many items are ready, they are handled in a loop: the stack does not grow.

namespace streamx::testing {
namespace {

/// How deep the stack went, seen from a function that runs for each item.
struct stack_probe {
    void look() {
        // Not the address of a variable: a sanitizer may have that elsewhere.
        const auto at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        lowest = std::min(lowest, at);
        highest = std::max(highest, at);
    }
    std::uintptr_t lowest = std::numeric_limits<std::uintptr_t>::max();
    std::uintptr_t highest = 0;
};

TEST(stack_test, ten_million_ready_items_through_ten_operators_take_less_than_64_kib) {
    asio::io_context ctx;
    stack_probe stack;
    long last = 0;
    auto looks = [&](long i) {
        stack.look();
        return i;
    };
    auto some = map(looks) | filter([](long) { return true; }) | inspect([](long) {});

    async_fold(
        range(0L, 10'000'000L) | on(ctx) | some | some | some | take(10'000'000),
        0L,
        [&](long, long i) {
            stack.look();
            return i;
        },
        [&](std::exception_ptr, long value) { last = value; });
    ctx.run();

    EXPECT_EQ(last, 9'999'999);
    EXPECT_LT(stack.highest - stack.lowest, 64u * 1024);
}

} // namespace
} // namespace streamx::testing
