#include <streamx/terminals/async_none_of.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_none_of_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_none_of_test, asks_for_all_items_where_none_decides) {
    completion_probe<bool> p;
    async_none_of(
        upstream().item(1).pending().item(2).item(3).end(), [](int) { return false; }, p.handler());
    run();

    EXPECT_EQ(p->value, true);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_none_of_test, stops_at_the_first_item_for_which_it_holds) {
    auto s = upstream().item(1).pending().item(2).item(3).end();
    completion_probe<bool> p;
    async_none_of(s, [](int i) { return i == 2; }, p.handler());
    run();

    EXPECT_EQ(p->value, false);
    EXPECT_EQ(collect(ctx, s).items, std::vector{3});
}

TEST_F(async_none_of_test, of_nothing_is_true) {
    completion_probe<bool> p;
    async_none_of(upstream().end(), [](int i) { return i == 2; }, p.handler());
    run();

    EXPECT_EQ(p->value, true);
}

TEST_F(async_none_of_test, gives_what_stream_or_predicate_throws) {
    completion_probe<bool> of_stream;
    completion_probe<bool> of_predicate;
    async_none_of(
        upstream().item(1).fail(asio::error::eof), [](int) { return false; }, of_stream.handler());
    async_none_of(
        upstream().item(1).item(2).end(),
        [](int) -> bool { throw std::runtime_error("boom"); },
        of_predicate.handler());
    run();

    EXPECT_EQ(of_stream->ec, asio::error::eof);
    EXPECT_EQ(of_predicate->what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_none_of_test, hands_the_predicate_a_move_only_item_to_keep) {
    auto s = script_source<move_only_item>(ctx.get_executor());
    s.item(move_only_item(1)).end();
    completion_probe<bool> p;
    int kept = 0;
    async_none_of(
        std::move(s),
        [&](move_only_item item) {
            kept = item.value();
            return true;
        },
        p.handler());
    run();

    EXPECT_EQ(kept, 1);
    EXPECT_EQ(p->value, false);
}

} // namespace
} // namespace streamx::testing
