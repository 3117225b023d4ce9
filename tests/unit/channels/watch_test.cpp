#include <streamx/channels/watch.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <streamx/channels/dump_graph.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace streamx::testing {
namespace {

struct watch_test : channel_test {
    watch<int> w{ctx.get_executor(), 0};
};

TEST_F(watch_test, a_watcher_sees_the_value_then_each_latest_once) {
    auto s = w.subscribe();
    EXPECT_EQ(take_all(s), (ints{0}));
    EXPECT_TRUE(w.set(1));
    EXPECT_EQ(take_all(s), (ints{1}));
    for (int n = 2; n != 10; ++n)
        EXPECT_TRUE(w.set(n)) << "it never waits";

    EXPECT_EQ(take_all(s), (ints{9}));
    EXPECT_EQ(w.get(), 9);
    EXPECT_EQ(take_all(s), ints());
}

TEST_F(watch_test, what_get_has_given_does_not_come_again_while_another_thread_sets) {
    constexpr int values = 20'000;
    auto s = w.subscribe();
    std::jthread setter([this] {
        for (int n = 1; n <= values; ++n)
            w.set(n);
    });
    int again = 0;
    for (int last = 0; last != values;) {
        last = s.get();
        if (const auto next = s.try_next()) {
            again += *next <= last;
            last = *next;
        }
    }
    EXPECT_EQ(again, 0);
}

TEST_F(watch_test, all_watchers_are_woken_by_a_change) {
    auto one = w.subscribe(), two = w.subscribe();
    EXPECT_EQ(one.get(), 0);
    EXPECT_EQ(two.get(), 0);
    EXPECT_FALSE(one.has_changed()) << "get has seen it";
    code first, second;
    one.async_changed(into(first));
    two.async_changed(into(second));
    run();
    EXPECT_FALSE(first);

    w.set(1);
    EXPECT_FALSE(first) << "completed inside the call";
    run();

    EXPECT_EQ(first, success);
    EXPECT_EQ(second, success);
    EXPECT_TRUE(one.has_changed());
    EXPECT_EQ(one.get(), 1);
    EXPECT_EQ(take_all(two), (ints{1}));
    EXPECT_EQ(one.get(), 1) << "also when it is seen";
}

TEST_F(watch_test, changed_is_told_of_a_change_that_get_has_seen_since) {
    auto s = w.subscribe();
    EXPECT_EQ(s.get(), 0);
    code changed, closed;
    s.async_changed(into(changed));
    run();
    w.set(1);
    EXPECT_EQ(s.get(), 1);
    run();
    EXPECT_EQ(changed, success);

    s.async_changed(into(closed));
    w.close();
    run();
    EXPECT_EQ(closed, errc::closed);
}

TEST_F(watch_test, changed_says_closed_when_nothing_can_come) {
    auto s = w.subscribe();
    w.set(1);
    w.close();
    code unseen, seen;
    s.async_changed(into(unseen));
    run();
    EXPECT_EQ(unseen, success) << "the last value is still to be seen";
    EXPECT_EQ(s.get(), 1);
    s.async_changed(into(seen));
    run();

    EXPECT_EQ(seen, errc::closed);
    EXPECT_FALSE(w.set(2));
    EXPECT_EQ(s.get(), 1);
    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(s.get(), 1);
}

TEST_F(watch_test, changed_can_be_cancelled) {
    auto s = w.subscribe();
    (void)s.get();
    asio::cancellation_signal stop;
    code changed;
    s.async_changed(into(changed, stop));
    run();
    stop.emit(asio::cancellation_type::partial);
    run();
    EXPECT_EQ(changed, asio::error::operation_aborted);
    w.set(3);
    EXPECT_EQ(take_all(s), (ints{3}));
}

TEST_F(watch_test, waits_for_a_value_beginning_with_the_latest_seen_or_not) {
    auto s = w.subscribe();
    received<int> now, later;
    s.async_wait_for([](int n) { return n == 0; }, into(now));
    run();
    EXPECT_EQ(now.item, 0);
    now = {};
    s.async_wait_for([](int n) { return n == 0; }, into(now));
    run();
    EXPECT_EQ(now.item, 0) << "although it was seen";

    s.async_wait_for([](int n) { return n > 2; }, into(later));
    run();
    for (int n : {1, 2, 3}) {
        EXPECT_FALSE(later.done) << n;
        w.set(n);
        run();
    }
    EXPECT_EQ(later.item, 3);
}

TEST_F(watch_test, a_wait_for_a_value_ends_with_the_watch) {
    auto s = w.subscribe(), t = w.subscribe();
    received<int> none, failed;
    s.async_wait_for([](int n) { return n == 7; }, into(none));
    t.async_wait_for([](int) -> bool { throw std::runtime_error("boom"); }, into(failed));
    run();
    EXPECT_TRUE(failed.failure);
    EXPECT_FALSE(none.done);
    w.close();
    run();
    EXPECT_TRUE(none.ended());
}

TEST_F(watch_test, the_latest_value_is_asked_also_when_the_stream_is_over) {
    auto s = w.subscribe();
    w.set(6);
    w.close();
    EXPECT_EQ(take_all(s), ints{6});
    for (int n : {6, 6, 7}) {
        received<int> got;
        s.async_wait_for([n](int value) { return value == n; }, into(got));
        run();
        EXPECT_TRUE(got.done);
        EXPECT_EQ(got.ended(), n == 7);
    }
}

TEST_F(watch_test, is_shown_under_a_name) {
    watch<int> limit(ctx.get_executor(), 1, "limit");
    auto s = limit.subscribe();

    EXPECT_NE(dump_graph(ctx).find("limit: put 1"), std::string::npos) << dump_graph(ctx);
}

TEST_F(watch_test, closed_with_success_it_ends) {
    auto s = w.subscribe();
    w.close(error_code());
    received<int> last, over;
    s.async_next(into(last));
    run();
    s.async_next(into(over));
    run();
    EXPECT_TRUE(over.ended());
}

TEST_F(watch_test, a_coroutine_waits_for_a_value) {
    auto s = w.subscribe();
    std::optional<int> got;
    asio::co_spawn(
        ctx,
        s.wait_for([](int n) { return n == 2; }),
        [&](std::exception_ptr, std::optional<int> value) { got = value; });
    run();
    w.set(2);
    run();
    EXPECT_EQ(got, 2);
}

TEST_F(watch_test, update_tells_only_of_changes) {
    auto s = w.subscribe();
    (void)s.get();
    EXPECT_FALSE(w.update([](int&) { return false; }));
    EXPECT_FALSE(s.has_changed());
    EXPECT_TRUE(w.update([](int& n) { return ++n != 0; }));
    EXPECT_EQ(take_all(s), (ints{1}));
    w.close();
    EXPECT_FALSE(w.update([](int& n) { return ++n != 0; }));
    EXPECT_EQ(w.get(), 1);
}

TEST_F(watch_test, its_statistics_count_what_was_set_seen_and_skipped) {
    w.set(1); // for nobody
    auto s = w.subscribe();
    auto idle = w.subscribe();
    EXPECT_EQ(s.get(), 1);
    for (int n : {2, 3, 4})
        w.set(n);
    EXPECT_EQ(take_all(s), (ints{4}));

    EXPECT_EQ(w.stats().put, 5u) << "the first value counts";
    EXPECT_EQ(w.stats().discarded, 2u);
    EXPECT_EQ(w.stats().delivered, 2u);
    EXPECT_EQ(w.stats().dropped, 2u + 3u) << "two of one, three of the other";
    EXPECT_EQ(w.stats().subscribers, 2u);
    EXPECT_EQ(s.stats().delivered, 2u);
    EXPECT_EQ(s.stats().missed, 2u);
    EXPECT_EQ(s.stats().lag, 0u);
    EXPECT_EQ(idle.stats().missed, 3u);
    EXPECT_EQ(idle.stats().lag, 1u);
    EXPECT_EQ(idle.stats().policy, overflow::drop_oldest);
}

TEST_F(watch_test, its_failure_comes_after_the_last_value) {
    auto s = w.subscribe();
    w.set(1);
    w.close(std::make_exception_ptr(std::runtime_error("boom")));
    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (ints{1}));
    EXPECT_EQ(got.what, "boom");
}

TEST(watch_memory_test, a_value_goes_when_the_next_two_are_there) {
    asio::io_context ctx;
    auto first = std::make_shared<int>(1);
    std::weak_ptr<int> gone = first;
    watch<std::shared_ptr<int>> w(ctx.get_executor(), std::move(first));
    auto never_looks = w.subscribe();
    for (int n = 0; n != 2; ++n)
        w.set(std::make_shared<int>(n));

    EXPECT_TRUE(gone.expired());
}

} // namespace
} // namespace streamx::testing
