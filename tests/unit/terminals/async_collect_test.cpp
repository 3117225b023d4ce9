#include <streamx/terminals/async_collect.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_collect_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_collect_test, gathers_all_items_in_order) {
    completion_probe<std::vector<int>> p;
    async_collect(upstream().item(1).pending().item(2).item(3).end(), p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure);
    EXPECT_EQ(p->value, (std::vector{1, 2, 3}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_collect_test, of_nothing_is_an_empty_vector) {
    completion_probe<std::vector<int>> p;
    async_collect(upstream().end(), p.handler());
    run();

    EXPECT_EQ(p->value, std::vector<int>());
}

TEST_F(async_collect_test, after_a_failure_it_holds_the_items_that_came_before) {
    completion_probe<std::vector<int>> p;
    async_collect(
        upstream().item(1).item(2).fail(std::make_exception_ptr(std::runtime_error("boom"))),
        p.handler());
    run();

    EXPECT_EQ(p->what, "boom");
    EXPECT_EQ(p->value, (std::vector{1, 2}));
}

TEST_F(async_collect_test, when_cancelled_it_holds_the_items_that_came_before) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        asio::cancellation_signal cancel;
        completion_probe<std::vector<int>> p;
        async_collect(
            upstream().item(1).hang(), asio::bind_cancellation_slot(cancel.slot(), p.handler()));
        run();

        cancel.emit(how);
        run();

        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_EQ(p->value, std::vector{1});
    }
}

TEST_F(async_collect_test, leaves_the_rest_of_a_borrowed_stream_in_it) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    asio::cancellation_signal cancel;
    completion_probe<std::vector<int>> p;
    async_collect(rx, asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    tx.try_send(1);
    run();

    cancel.emit(asio::cancellation_type::total);
    tx.try_send(2);
    run();

    EXPECT_EQ(p->value, std::vector{1});
    EXPECT_EQ(*rx.try_next(), 2);
}

TEST_F(async_collect_test, on_an_endless_stream_is_bounded_by_take) {
    completion_probe<std::vector<int>> p;
    async_collect(range(0, 1'000'000'000) | take(3) | on(ctx), p.handler());
    run();

    EXPECT_EQ(p->value, (std::vector{0, 1, 2}));
}

TEST_F(async_collect_test, moves_move_only_items_and_copies_nothing) {
    item_counts counts;
    auto [tx, rx] = make_channel<counted_item>(ctx.get_executor(), 1);
    tx.try_send(counted_item(5, counts));
    tx.close();
    completion_probe<std::vector<counted_item>> p;
    async_collect(std::move(rx), p.handler());
    run();

    EXPECT_EQ(p->value->front(), 5);
    EXPECT_EQ(counts.copies, 0U);
}

TEST_F(async_collect_test, fails_while_another_pull_of_a_borrowed_stream_is_outstanding) {
    auto s = upstream().hang();
    completion_probe<> pull;
    s.async_next(pull.handler());
    run();

    completion_probe<std::vector<int>> p;
    async_collect(s, p.handler());
    run();

    EXPECT_EQ(p->ec, errc::operation_in_progress);
    EXPECT_EQ(pull.calls(), 0);
}

TEST_F(async_collect_test, into_a_container_that_finds_its_parameters_in_the_items) {
    completion_probe<std::set<int>> set;
    completion_probe<std::deque<int>> deque;
    async_collect<std::set>(upstream().item(2).item(1).item(2).end(), set.handler());
    async_collect<std::deque>(upstream().item(2).item(1).end(), deque.handler());
    run();

    EXPECT_EQ(set->value, (std::set{1, 2}));
    EXPECT_EQ(deque->value, (std::deque{2, 1}));
}

TEST_F(async_collect_test, into_a_map_from_pairs) {
    using entry = std::pair<int, std::string>;
    auto entries = [&] {
        return script_source<entry>(ctx.get_executor()).item({2, "b"}).item({1, "a"}).end();
    };
    completion_probe<std::map<int, std::string>> sorted;
    completion_probe<std::unordered_map<int, std::string>> hashed;
    async_collect<std::map>(entries(), sorted.handler());
    async_collect<std::unordered_map<int, std::string>>(entries(), hashed.handler());
    run();

    EXPECT_EQ(sorted->value, (std::map<int, std::string>{{1, "a"}, {2, "b"}}));
    EXPECT_EQ(hashed->value, (std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}}));
}

TEST_F(async_collect_test, into_a_string_from_characters) {
    auto characters = [&] {
        return script_source<char>(ctx.get_executor()).item('o').item('k').end();
    };
    completion_probe<std::string> named;
    completion_probe<std::string> deduced;
    async_collect<std::string>(characters(), named.handler());
    async_collect<std::basic_string>(characters(), deduced.handler());
    run();

    EXPECT_EQ(named->value, "ok");
    EXPECT_EQ(deduced->value, "ok");
}

TEST_F(async_collect_test, into_a_container_that_is_named_converts_the_items) {
    completion_probe<std::vector<long>> p;
    async_collect<std::vector<long>>(upstream().item(1).item(2).end(), p.handler());
    run();

    EXPECT_EQ(p->value, (std::vector{1L, 2L}));
}

TEST_F(async_collect_test, into_any_container_moves_move_only_items) {
    auto owners = [&] {
        using owner = std::unique_ptr<int>;
        return script_source<owner>(ctx.get_executor()).item(std::make_unique<int>(7)).end();
    };
    completion_probe<std::set<std::unique_ptr<int>>> set;
    completion_probe<std::list<std::unique_ptr<int>>> list;
    async_collect<std::set>(owners(), set.handler());
    async_collect<std::list>(owners(), list.handler());
    run();

    EXPECT_EQ(**set->value->begin(), 7);
    EXPECT_EQ(*list->value->front(), 7);
}

TEST_F(async_collect_test, into_any_container_has_what_came_before_a_failure) {
    auto s = upstream().item(2).item(1).fail(asio::error::eof);
    completion_probe<std::set<int>> p;
    async_collect<std::set>(s, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(p->value, (std::set{1, 2}));
}

} // namespace
} // namespace streamx::testing
