#include <streamx/core/itemwise.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct every_second {
    bool keeps(const auto&) { return (odd = !odd); }
    bool odd = false;
};

struct text_of {
    poll<std::string> make(int&& i) {
        return i == 2 ? poll<std::string>(pending) : poll<std::string>(std::to_string(i));
    }
};

struct itemwise_test : ::testing::Test {
    asio::io_context ctx;

    /// As a terminal that owns the stream does it.
    template <class S>
    std::vector<item_t<S>> pushed(S s) {
        std::vector<item_t<S>> result;
        async_collect(
            std::move(s),
            asio::bind_executor(ctx.get_executor(), [&](std::exception_ptr, auto items) {
                result = std::move(items);
            }));
        ctx.restart();
        ctx.run();
        return result;
    }
};

TEST_F(itemwise_test, passes_on_the_items_that_its_function_keeps) {
    auto s = range(0, 5) | itemwise(every_second());

    EXPECT_EQ(pushed(s), (std::vector{0, 2, 4}));
    EXPECT_EQ(collect(ctx, s).items, (std::vector{0, 2, 4}));
}

TEST_F(itemwise_test, passes_on_what_its_function_makes_and_nothing_for_pending) {
    auto s = range(0, 4) | itemwise(text_of());

    EXPECT_EQ(pushed(s), (std::vector<std::string>{"0", "1", "3"}));
    EXPECT_EQ(collect(ctx, s).items, (std::vector<std::string>{"0", "1", "3"}));
}

TEST_F(itemwise_test, remembers_over_the_end_of_a_run) {
    auto s = range(0, 5001) | itemwise(every_second());

    const auto items = pushed(std::move(s));

    ASSERT_EQ(items.size(), 2501u);
    EXPECT_EQ(items.back(), 5000);
}

TEST_F(itemwise_test, moves_what_cannot_be_copied) {
    std::vector<std::unique_ptr<int>> owned;
    owned.push_back(std::make_unique<int>(7));

    EXPECT_EQ(*pushed(from_range(std::move(owned)) | itemwise(every_second())).at(0), 7);
}

TEST_F(itemwise_test, shows_its_upstream_and_what_comes_of_one_item) {
    auto s = range(1, 9) | itemwise(text_of());

    EXPECT_EQ(*s.upstream().try_next(), 1);
    EXPECT_TRUE(s.apply(2).is_pending());
    EXPECT_EQ(*s.apply(3), "3");
}

} // namespace
} // namespace streamx::testing
