#include <streamx/operators/on.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct on_test : ::testing::Test {
    asio::io_context ctx;
    asio::strand<asio::io_context::executor_type> strand = asio::make_strand(ctx);
};

TEST_F(on_test, gives_an_executor_to_a_stream_that_has_none) {
    auto s = range(0, 2) | on(strand);
    bool there = false;

    s.async_next([&](std::exception_ptr, std::optional<int> i) {
        there = strand.running_in_this_thread() && i == 0;
    });
    ctx.poll();

    EXPECT_TRUE(there);
    EXPECT_EQ(s.get_executor(), strand);
}

TEST_F(on_test, takes_an_execution_context_for_its_executor) {
    auto s = range(0, 1) | on(ctx);

    static_assert(std::is_same_v<executor_t<decltype(s)>, asio::io_context::executor_type>);
    EXPECT_EQ(collect(ctx, std::move(s)).items, std::vector{0});
}

TEST_F(on_test, gives_a_stream_another_executor_than_it_had) {
    asio::io_context other;
    auto [tx, rx] = make_channel<int>(other.get_executor(), 1);
    auto s = std::move(rx) | on(ctx);
    completion_probe<std::optional<int>> p;
    s.async_next(p.handler());
    ctx.poll();

    tx.try_send(3);
    other.poll();
    EXPECT_EQ(p.calls(), 0);
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(**p->value, 3);
}

TEST_F(on_test, holds_for_the_operators_below_it_and_their_functions) {
    std::vector<bool> there;
    async_for_each(
        range(0, 3) | on(strand) | map([&](int) { return strand.running_in_this_thread(); }),
        [&](bool in_map) { there.push_back(in_map && strand.running_in_this_thread()); },
        completion_probe<>().handler());
    ctx.poll();

    EXPECT_EQ(there, std::vector(3, true));
}

TEST_F(on_test, gives_way_to_an_executor_of_the_handlers_own) {
    auto s = range(0, 1) | on(strand);
    auto own = asio::make_strand(ctx);
    bool there = false;

    s.async_next(asio::bind_executor(own, [&](std::exception_ptr, std::optional<int>) {
        there = own.running_in_this_thread() && !strand.running_in_this_thread();
    }));
    ctx.poll();

    EXPECT_TRUE(there);
}

TEST_F(on_test, the_last_of_two_counts) {
    asio::io_context other;
    auto s = range(0, 1) | on(other) | on(ctx);
    completion_probe<std::optional<int>> p;
    s.async_next(p.handler());

    ctx.poll();

    EXPECT_EQ(p.calls(), 1);
}

TEST_F(on_test, a_wait_completes_there_too) {
    auto s = range(0, 1) | on(strand);
    bool there = false;

    s.async_wait([&](error_code) { there = strand.running_in_this_thread(); });
    ctx.poll();

    EXPECT_TRUE(there);
}

} // namespace
} // namespace streamx::testing
