#include <streamx/sources/empty.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace streamx::testing {
namespace {

TEST(empty_test, ends_at_once) {
    asio::io_context ctx;

    auto got = collect(ctx, empty<int>());

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST(empty_test, is_a_stream_of_whatever_it_is_told) {
    static_assert(async_stream_of<empty_stream<move_only_item>, move_only_item>);
}

} // namespace
} // namespace streamx::testing
