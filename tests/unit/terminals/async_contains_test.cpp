#include <streamx/terminals/async_contains.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_contains_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_contains_test, stops_at_the_first_item_that_is_equal) {
    auto s = upstream().item(1).pending().item(2).item(2).end();
    completion_probe<bool> p;
    async_contains(s, 2, p.handler());
    run();

    EXPECT_EQ(p->value, true);
    EXPECT_EQ(collect(ctx, s).items, std::vector{2});
}

TEST_F(async_contains_test, asks_for_all_items_where_none_is_equal) {
    completion_probe<bool> p;
    async_contains(upstream().item(1).pending().item(2).end(), 3, p.handler());
    run();

    EXPECT_EQ(p->value, false);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_contains_test, of_nothing_is_false) {
    completion_probe<bool> p;
    async_contains(upstream().end(), 0, p.handler());
    run();

    EXPECT_EQ(p->value, false);
}

TEST_F(async_contains_test, compares_with_a_value_of_another_type) {
    auto strings = script_source<std::string>(ctx.get_executor());
    strings.item("a").item("b").end();
    auto owners = script_source<move_only_item>(ctx.get_executor());
    owners.item(move_only_item(1)).end();
    completion_probe<bool> string_found;
    completion_probe<bool> owner_found;
    async_contains(std::move(strings), "b", string_found.handler());
    async_contains(std::move(owners), 1, owner_found.handler());
    run();

    EXPECT_EQ(string_found->value, true);
    EXPECT_EQ(owner_found->value, true);
}

TEST_F(async_contains_test, gives_the_failure) {
    completion_probe<bool> p;
    async_contains(upstream().item(1).fail(asio::error::eof), 2, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
}

/// A value that cannot be compared with a 2.
struct no_two {
    friend bool operator==(int item, const no_two&) {
        if (item == 2)
            throw std::runtime_error("the user's");
        return false;
    }
};

TEST_F(async_contains_test, gives_what_the_comparison_throws) {
    auto s = upstream().item(1).pending().item(2).item(3).end();
    completion_probe<bool> p;
    async_contains(s, no_two(), p.handler());
    run();

    EXPECT_EQ(p->what, "the user's");
    EXPECT_EQ(collect(ctx, s).items, std::vector{3});
}

} // namespace
} // namespace streamx::testing
