#pragma once

#include <contract/plan.hpp>

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {

/// What a stream can be told to do; `range`, say, can only end.
struct can {
    bool fail = true;
    bool hang = true;
    bool time_passes = true; ///< when nothing else can run; `timeout`, say, does not hang then
};

/// The promises of every stream. `Make` makes one that gives what a plan says, as items of type
/// `T` or in chunks of them: `make(executor, plan<T>)`.
template <class T, class Make>
class stream_contract {
public:
    stream_contract(Make make, can abilities) : make_(std::move(make)), can_(abilities) {
        clock_.hold(!can_.time_passes);
    }

    void check() {
        gives_its_items_and_stays_at_its_end();
        if (can_.fail)
            fails_once_and_then_ends();
        survives_a_strike_at_each_suspension_point();
        if (can_.hang) {
            gives_up_a_wait_when_cancelled();
            tells_its_waiter_when_destroyed();
            refuses_a_second_pull();
        }
        never_completes_inside_the_call();
    }

    void gives_its_items_and_stays_at_its_end() {
        SCOPED_TRACE("gives its items and stays at its end");
        for (bool gaps : {false, true}) {
            auto s = stream({3, gaps});
            auto got = collect(clock_, s);
            EXPECT_EQ(values(got.items), one_to(3));
            EXPECT_TRUE(got.ended) << got.what;
            ends(s);
        }
        EXPECT_EQ(counts_.copies, 0u) << "items were copied";
    }

private:
    using stream_type = std::invoke_result_t<Make&, asio::any_io_executor, plan<T>>;
    using next_value = std::optional<item_t<stream_type>>;
    using next_probe = completion_probe<next_value>;

    void fails_once_and_then_ends() {
        SCOPED_TRACE("fails once and then ends");
        for (bool gaps : {false, true}) {
            auto s = stream({3, gaps, finish::fails});
            auto got = collect(clock_, s);
            EXPECT_EQ(values(got.items), one_to(3));
            EXPECT_EQ(got.what, "as planned");
            ends(s);
        }
    }

    /// Each suspension point of a whole run, with a run for each: the pull that waits there is
    /// cancelled, or, for `none`, the stream destroyed.
    void survives_a_strike_at_each_suspension_point() {
        using enum asio::cancellation_type;
        for (auto how : {total, partial, terminal, none})
            for (int point = 0; struck_at(point, how); ++point)
                ASSERT_LT(point, 200) << "the run does not come to its end";
    }

    /// False when the run has no such point.
    bool struck_at(int point, asio::cancellation_type how) {
        SCOPED_TRACE(
            (how == asio::cancellation_type::none
                 ? "destroyed"
                 : "cancelled by type " + std::to_string(static_cast<unsigned>(how))) +
            " at suspension point " + std::to_string(point));
        plan<T> p{3, true};
        const observer seen = p.seen;
        std::optional s(stream(std::move(p)));
        std::vector<int> got;
        for (int step = 0;;) {
            asio::cancellation_signal cancel;
            next_probe pulled;
            pull(*s, pulled, cancel.slot());
            while (pulled.calls() == 0 && step != point && clock_.run_one() != 0)
                ++step;
            if (pulled.calls() != 0) {
                if (took(pulled, got))
                    continue;
                EXPECT_EQ(got, one_to(3)) << pulled->what;
                return false;
            }
            if (step != point) {
                ADD_FAILURE() << "it hangs";
                return false;
            }
            if (how == asio::cancellation_type::none)
                destroyed(s, pulled, seen);
            else
                cancelled(*s, pulled, cancel, how, got);
            return true;
        }
    }

    void cancelled(
        stream_type& s,
        next_probe& pulled,
        asio::cancellation_signal& cancel,
        asio::cancellation_type how,
        std::vector<int>& got) {
        cancel.emit(how);
        poll();

        EXPECT_EQ(pulled.calls(), 1);
        if (!took(pulled, got) && pulled->failure) {
            EXPECT_EQ(pulled->ec, asio::error::operation_aborted) << pulled->what;
        }
        for (int value : values(collect(clock_, s).items))
            got.push_back(value);
        EXPECT_EQ(got, one_to(3));
    }

    /// It leaves no upstream, no timer, and nobody waiting.
    void destroyed(std::optional<stream_type>& s, next_probe& pulled, const observer& seen) {
        const auto then = clock_.now();
        s.reset();
        poll();

        EXPECT_EQ(pulled.calls(), 1);
        if (pulled->failure) {
            EXPECT_EQ(pulled->ec, asio::error::operation_aborted) << pulled->what;
        }
        EXPECT_EQ(seen.live(), 0u) << "upstream is left";
        EXPECT_EQ(clock_.now(), then) << "a timer is left";
    }

    /// Whether the pull has brought something.
    static bool took(next_probe& pulled, std::vector<int>& got) {
        if (!pulled->value || !*pulled->value)
            return false;
        append_values(got, **pulled->value);
        return true;
    }

    void gives_up_a_wait_when_cancelled() {
        SCOPED_TRACE("gives up a wait when cancelled");
        using enum asio::cancellation_type;
        for (auto how : {total, partial, terminal})
            EXPECT_EQ(
                next_cancelled(clock_, stream({0, false, finish::hangs}), how),
                asio::error::operation_aborted);
    }

    void tells_its_waiter_when_destroyed() {
        SCOPED_TRACE("tells its waiter when destroyed");
        std::optional s(stream({0, false, finish::hangs}));
        next_probe p;
        pull(*s, p);
        poll();
        ASSERT_EQ(p.calls(), 0);

        s.reset();
        EXPECT_EQ(p.calls(), 0) << "completed inside the destructor";
        poll();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(p->ec, asio::error::operation_aborted) << p->what;
    }

    void refuses_a_second_pull() {
        SCOPED_TRACE("refuses a second pull and does not disturb the first");
        auto s = stream({0, false, finish::hangs});
        asio::cancellation_signal cancel, cancel_second;
        next_probe first, second, third;
        pull(s, first, cancel.slot());
        pull(s, second, cancel_second.slot());
        poll();
        asio::co_spawn(ctx_, s.next(), third.handler());
        poll();

        EXPECT_EQ(second->ec, errc::operation_in_progress);
        EXPECT_EQ(third->ec, errc::operation_in_progress);
        EXPECT_EQ(first.calls(), 0);
        cancel_second.emit(asio::cancellation_type::terminal);
        poll();
        EXPECT_EQ(first.calls(), 0);
        cancel.emit(asio::cancellation_type::terminal);
        poll();
        EXPECT_EQ(first->ec, asio::error::operation_aborted);
    }

    void never_completes_inside_the_call() {
        SCOPED_TRACE("never completes inside the call");
        for (auto last : {finish::ends, finish::fails}) {
            if (last == finish::fails && !can_.fail)
                continue;
            auto s = stream({1, false, last});
            for (int i = 0; i != 3; ++i) { // an item, the end or the failure, the end
                next_probe p;
                pull(s, p);
                EXPECT_EQ(p.calls(), 0);
                poll();
                EXPECT_EQ(p.calls(), 1);
                EXPECT_FALSE(p->inside);
            }
        }
    }

    void ends(stream_type& s) {
        EXPECT_TRUE(collect(clock_, s).ended);
        EXPECT_TRUE(collect(clock_, s).ended);
        next_probe p;
        asio::co_spawn(ctx_, s.next(), p.handler());
        poll();
        ASSERT_EQ(p.calls(), 1);
        EXPECT_FALSE(p->failure) << p->what;
        EXPECT_TRUE(p->value && !p->value->has_value());
    }

    void pull(stream_type& s, next_probe& p, asio::cancellation_slot slot = {}) {
        p.start([&](auto handler) {
            s.async_next(asio::bind_cancellation_slot(
                slot, asio::bind_executor(ctx_.get_executor(), std::move(handler))));
        });
    }

    void poll() { clock_.run(); }

    stream_type stream(plan<T> p) {
        p.counts = &counts_;
        return make_(asio::any_io_executor(ctx_.get_executor()), p);
    }

    item_counts counts_;
    asio::io_context ctx_;
    virtual_clock clock_{ctx_};
    Make make_;
    can can_;
};

/// Checks a source against the promises of every stream: `make(executor, plan<T>)`.
template <class T, class Make>
void source_contract(Make make, can abilities = {}) {
    stream_contract<T, Make>(std::move(make), abilities).check();
}

} // namespace streamx::testing
