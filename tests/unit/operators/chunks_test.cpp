#include <streamx/operators/chunks.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/yield_every.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using vectors = std::vector<std::vector<int>>;

struct chunks_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(chunks_test, gathers_items_into_vectors_of_one_size_and_a_shorter_last_one) {
    auto got = collect(ctx, range(0, 5) | chunks(2));

    EXPECT_EQ(got.items, (vectors{{0, 1}, {2, 3}, {4}}));
    EXPECT_TRUE(got.ended);
}

TEST_F(chunks_test, has_no_empty_last_one) {
    EXPECT_EQ(collect(ctx, range(0, 4) | chunks(2)).items, (vectors{{0, 1}, {2, 3}}));
    EXPECT_EQ(collect(ctx, range(0, 0) | chunks(2)).items, vectors());
}

TEST_F(chunks_test, holds_a_chunk_back_until_it_is_full) {
    auto s = upstream().item(1).pending().item(2).item(3).hang() | chunks(3);

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(**next(ctx, s).value, (std::vector{1, 2, 3}));
    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(chunks_test, keeps_what_it_has_gathered_when_a_pull_is_cancelled) {
    auto s = upstream().item(1).pending().hang() | chunks(2);
    EXPECT_EQ(
        next_cancelled(ctx, s, asio::cancellation_type::total), asio::error::operation_aborted);
    auto t = upstream().item(1).pending().item(2) | chunks(2);
    asio::cancellation_signal cancel;
    completion_probe<> p;
    t.async_next(asio::bind_cancellation_slot(cancel.slot(), p.handler()));

    cancel.emit(asio::cancellation_type::total);
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(**next(ctx, t).value, (std::vector{1, 2}));
}

TEST_F(chunks_test, gives_what_came_before_a_failure_and_then_the_failure_once) {
    auto s = upstream().item(1).item(2).item(3).fail(asio::error::eof) | chunks(2);

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (vectors{{1, 2}, {3}}));
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(seen.misuses(), 0U);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(chunks_test, fails_at_once_when_nothing_came_before) {
    auto got = collect(ctx, upstream().item(1).item(2).fail(asio::error::eof) | chunks(2));

    EXPECT_EQ(got.items, (vectors{{1, 2}}));
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(chunks_test, does_not_ask_upstream_again_after_its_end) {
    auto got = collect(ctx, upstream().item(1).end() | chunks(2));

    EXPECT_EQ(got.items, (vectors{{1}}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(chunks_test, does_not_wait_for_an_upstream_that_is_over) {
    auto ended = upstream().item(1).end() | chunks(2) | yield_every(1);
    auto failed = upstream().item(1).fail(asio::error::eof) | chunks(2) | yield_every(1);

    EXPECT_TRUE(collect(ctx, std::move(ended)).ended);
    EXPECT_EQ(collect(ctx, std::move(failed)).ec, asio::error::eof);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(chunks_test, refuses_a_size_of_0_and_names_the_parameter) {
    std::string what;
    try {
        (void)chunks(0);
    } catch (const std::invalid_argument& e) {
        what = e.what();
    }

    EXPECT_EQ(what, "chunks: size must be at least 1");
}

TEST_F(chunks_test, of_1_are_single_items_and_of_very_many_cost_what_is_there) {
    EXPECT_EQ(collect(ctx, range(0, 2) | chunks(1)).items, (vectors{{0}, {1}}));
    EXPECT_EQ(
        collect(ctx, range(0, 2) | chunks(std::numeric_limits<std::size_t>::max())).items,
        (vectors{{0, 1}}));
}

TEST_F(chunks_test, moves_move_only_items) {
    auto s = script_source<move_only_item>(ctx.get_executor())
                 .item(move_only_item(1))
                 .item(move_only_item(2))
                 .end() |
             chunks(2);

    auto got = next(ctx, s);

    EXPECT_EQ((**got.value)[0], 1);
    EXPECT_EQ((**got.value)[1], 2);
}

} // namespace
} // namespace streamx::testing
