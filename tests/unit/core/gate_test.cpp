#include <streamx/core/detail/gate.hpp> // first, so this file also proves the header stands alone

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace streamx::testing {
namespace {

using detail::gate;
using code = std::optional<error_code>;

template <class Lock>
struct gate_test : ::testing::Test {
    asio::io_context ctx;
    gate<Lock> g;

    void run() {
        ctx.restart();
        ctx.poll();
    }

    auto into(code& result) { return into(result, ctx); }
    static auto into(code& result, asio::io_context& where) {
        return asio::bind_executor(where.get_executor(), [&result](error_code ec) {
            EXPECT_FALSE(result) << "completed twice";
            result = ec;
        });
    }
};

using locks = ::testing::Types<std::mutex, detail::null_lock>;
TYPED_TEST_SUITE(gate_test, locks);

TYPED_TEST(gate_test, completes_what_is_parked_when_it_is_woken_and_not_inside_the_call) {
    code result;
    this->g.park(this->into(result));
    this->run();
    EXPECT_FALSE(result);

    this->g.wake();
    EXPECT_FALSE(result);
    this->run();

    EXPECT_EQ(result, error_code());
}

TYPED_TEST(gate_test, wakes_inside_the_call_only_where_the_context_of_what_is_parked_runs) {
    code result;
    this->g.park(this->into(result));
    this->g.wake_here();
    EXPECT_FALSE(result);
    this->run();
    EXPECT_EQ(result, error_code());

    result.reset();
    this->g.park(this->into(result));
    asio::post(this->ctx, [&] {
        this->g.wake_here(errc::closed);
        EXPECT_EQ(result, errc::closed);
    });
    this->run();
    EXPECT_EQ(result, errc::closed);
}

TYPED_TEST(gate_test, hands_over_the_error_it_is_woken_with) {
    code result;
    this->g.park(this->into(result));

    this->g.wake(errc::closed);
    this->run();

    EXPECT_EQ(result, errc::closed);
}

TYPED_TEST(gate_test, keeps_a_wake_up_that_comes_before_the_wait) {
    code first, second;
    this->g.wake(errc::full);

    this->g.park(this->into(first));
    EXPECT_FALSE(first) << "completed inside the call";
    this->run();
    this->g.park(this->into(second));
    this->run();

    EXPECT_EQ(first, errc::full);
    EXPECT_FALSE(second) << "one wake-up is for one wait";
}

TYPED_TEST(gate_test, keeps_one_wake_up_the_last) {
    code first, second;
    this->g.wake();
    this->g.wake(errc::closed);

    this->g.park(this->into(first));
    this->run();
    this->g.park(this->into(second));
    this->run();

    EXPECT_EQ(first, errc::closed);
    EXPECT_FALSE(second);
}

TYPED_TEST(gate_test, a_wake_up_between_a_wake_and_its_completion_is_for_the_next_wait) {
    code first, second;
    this->g.park(this->into(first));
    this->g.wake();
    this->g.wake();
    this->run();
    this->g.park(this->into(second));
    this->run();

    EXPECT_EQ(first, error_code());
    EXPECT_EQ(second, error_code());
}

TYPED_TEST(gate_test, a_second_waiter_gets_operation_in_progress_and_the_first_is_untouched) {
    code first, second;
    this->g.park(this->into(first));

    this->g.park(this->into(second));
    EXPECT_FALSE(second) << "completed inside the call";
    this->run();
    EXPECT_EQ(second, errc::operation_in_progress);
    EXPECT_FALSE(first);

    this->g.wake();
    this->run();
    EXPECT_EQ(first, error_code());
}

TYPED_TEST(gate_test, a_second_waiter_of_another_context_does_not_disturb_the_first_either) {
    asio::io_context other;
    code first, second;
    this->g.park(this->into(first));

    this->g.park(this->into(second, other));
    other.poll();
    EXPECT_EQ(second, errc::operation_in_progress);
    this->g.wake();
    this->run();

    EXPECT_EQ(first, error_code());
}

TYPED_TEST(gate_test, aborted_it_says_so_and_can_be_waited_on_again) {
    for (int n = 0; n < 3; ++n) {
        code aborted, woken;
        this->g.park(this->into(aborted));
        this->g.abort();
        EXPECT_FALSE(aborted) << "completed inside the call";
        this->run();
        EXPECT_EQ(aborted, asio::error::operation_aborted);

        this->g.park(this->into(woken));
        this->run();
        EXPECT_FALSE(woken);
        this->g.wake();
        this->run();
        EXPECT_EQ(woken, error_code());
    }
}

TYPED_TEST(gate_test, an_abort_loses_no_wake_up) {
    code aborted, woken;
    this->g.park(this->into(aborted));
    this->g.abort();
    this->g.wake();
    this->g.abort(); // nothing is parked
    this->run();
    this->g.park(this->into(woken));
    this->run();

    EXPECT_EQ(aborted, asio::error::operation_aborted);
    EXPECT_EQ(woken, error_code());
}

TYPED_TEST(gate_test, an_abort_after_the_wake_up_comes_too_late) {
    code result;
    this->g.park(this->into(result));
    this->g.wake();
    this->g.abort();
    this->run();

    EXPECT_EQ(result, error_code());
}

TYPED_TEST(gate_test, destroyed_it_aborts_what_is_parked) {
    code result;
    {
        gate<TypeParam> dying;
        dying.park(this->into(result));
    }
    this->run();

    EXPECT_EQ(result, asio::error::operation_aborted);
}

TYPED_TEST(gate_test, destroyed_after_a_wake_up_it_has_been_woken) {
    code result;
    {
        gate<TypeParam> dying;
        dying.park(this->into(result));
        dying.wake();
    }
    this->run();

    EXPECT_EQ(result, error_code());
}

TYPED_TEST(gate_test, keeps_the_context_of_what_is_parked_running) {
    code result;
    this->g.park(this->into(result));
    this->run();
    EXPECT_FALSE(this->ctx.stopped());

    this->g.wake();
    this->run();
    EXPECT_TRUE(this->ctx.stopped());
}

TYPED_TEST(gate_test, outlives_its_context_and_destroys_what_is_parked_with_it) {
    auto owned = std::make_shared<int>(1);
    std::optional<asio::io_context> dying(std::in_place);
    this->g.park(asio::bind_executor(
        dying->get_executor(), [owned](error_code) { FAIL() << "its context is gone"; }));
    ASSERT_EQ(owned.use_count(), 2);

    dying.reset();
    EXPECT_EQ(owned.use_count(), 1);
    this->g.wake();
    this->g.abort();

    code result;
    this->g.park(this->into(result)); // in another context
    this->run();
    EXPECT_EQ(result, error_code()) << "the wake-up was kept";
}

TYPED_TEST(gate_test, of_a_context_that_has_gone_may_be_destroyed_in_any_order) {
    std::optional<asio::io_context> dying(std::in_place);
    std::vector<std::optional<gate<TypeParam>>> gates(5);
    code results[5];
    for (int n = 0; n < 5; ++n)
        gates[n].emplace().park(this->into(results[n], *dying));

    gates[2].reset(); // the middle, the first and the last of the list
    gates[0].reset();
    gates[4].reset();
    dying.reset();
    gates[1].reset();
    gates[3]->wake();

    EXPECT_FALSE(results[1]);
    EXPECT_FALSE(results[3]);
}

TYPED_TEST(gate_test, what_dies_with_the_context_may_own_the_gate) {
    std::optional<asio::io_context> dying(std::in_place);
    auto own = std::make_shared<gate<TypeParam>>();
    std::weak_ptr watch = own;
    auto& parked = *own;
    parked.park(asio::bind_executor(dying->get_executor(), [own = std::move(own)](error_code) {}));
    ASSERT_FALSE(watch.expired());

    dying.reset();

    EXPECT_TRUE(watch.expired());
}

TYPED_TEST(gate_test, moves_to_the_context_of_each_next_waiter) {
    asio::io_context other;
    code here, there, here_again;
    this->g.park(this->into(here));
    this->g.wake();
    this->run();
    this->g.park(this->into(there, other));
    this->g.wake();
    other.poll();
    this->g.park(this->into(here_again));
    this->g.wake();
    this->run();

    EXPECT_EQ(here, error_code());
    EXPECT_EQ(there, error_code());
    EXPECT_EQ(here_again, error_code());
}

TYPED_TEST(gate_test, async_wait_on_honours_every_cancellation_type_and_clears_its_slot) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        auto shared = std::make_shared<gate<TypeParam>>();
        asio::cancellation_signal cancel;
        code aborted, woken;
        auto wait = [&](code& result) {
            detail::async_wait_on(
                shared,
                this->ctx.get_executor(),
                asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec) { result = ec; }));
        };
        wait(aborted);
        cancel.emit(how);
        this->run();
        EXPECT_EQ(aborted, asio::error::operation_aborted);

        wait(woken);
        shared->wake();
        this->run();
        EXPECT_EQ(woken, error_code());
        EXPECT_FALSE(cancel.slot().has_handler());

        code orphaned;
        wait(orphaned);
        shared.reset();
        cancel.emit(how); // to a gate that is gone
        this->run();
        EXPECT_EQ(orphaned, asio::error::operation_aborted);
    }
}

TEST(gate_threads_test, is_woken_from_another_thread_however_the_two_meet) {
    asio::io_context ctx;
    gate<std::mutex> g;
    const int rounds = 5'000;
    int woken = 0;
    std::function<void()> wait = [&] {
        g.park(asio::bind_executor(ctx.get_executor(), [&](error_code ec) {
            EXPECT_FALSE(ec);
            if (++woken != rounds)
                wait();
        }));
    };
    wait();
    std::atomic<bool> done = false;
    std::jthread waker([&] {
        while (!done)
            g.wake();
    });
    ctx.run();
    done = true;

    EXPECT_EQ(woken, rounds);
}

TEST(gate_threads_test, woken_and_aborted_at_the_same_time_it_completes_each_wait_once) {
    asio::io_context ctx;
    gate<std::mutex> g;
    const int rounds = 5'000;
    int completed = 0;
    std::function<void()> wait = [&] {
        g.park(asio::bind_executor(ctx.get_executor(), [&](error_code ec) {
            EXPECT_TRUE(!ec || ec == asio::error::operation_aborted) << ec;
            if (++completed != rounds)
                wait();
        }));
    };
    wait();
    std::atomic<bool> done = false;
    std::jthread waker([&] {
        while (!done)
            g.wake();
    });
    std::jthread aborter([&] {
        while (!done)
            g.abort();
    });
    ctx.run();
    done = true;

    EXPECT_EQ(completed, rounds);
}

} // namespace
} // namespace streamx::testing
