#pragma once

#include <contract/operator_contract.hpp>
#include <contract/plan.hpp>

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {

/// How much of a stream a terminal takes, and what it shows of that.
struct takes {
    int items = 3;          ///< so many, and then it is done or sees the end
    int before_failure = 3; ///< so many, and then it sees a failure
    bool silently = false;  ///< it gives no item to anyone: what is gone was taken
};

/// The promises of every terminal. `Start` starts it: `start(stream, take, token)` with a stream to
/// own or to borrow; the terminal calls `take(item)` with each item. What a terminal gives its
/// handler instead, `start` hands to `take` from there. The handler gets the failure alone.
template <class Start>
class terminal_contract {
public:
    explicit terminal_contract(Start start, takes what = {})
        : start_(std::move(start)), takes_(what) {}

    void check() {
        for (bool gaps : {false, true}) {
            takes_all_items(gaps);
            gives_the_streams_failure(gaps);
        }
        loses_nothing_when_cancelled_anywhere();
        gives_up_when_its_stream_is_destroyed();
        refuses_a_stream_that_is_being_pulled();
    }

    /// For a terminal that runs a function of the user's for each item.
    void check_throw() {
        for (int at : {1, 2, 3}) {
            gives_what_the_function_throws(at);
            leaves_the_rest_when_the_function_throws(at);
        }
    }

private:
    void takes_all_items(bool gaps) {
        SCOPED_TRACE("takes all items, copies none and lets go of the stream");
        item_counts counts;
        observer seen;
        start(play(
            ctx_.get_executor(),
            plan<counted_item>{takes_.items, gaps, finish::ends, &counts},
            seen));
        ctx_.poll();
        if (takes_.silently)
            got_ = one_to(static_cast<int>(seen.items()));

        EXPECT_EQ(p_.calls(), 1);
        EXPECT_FALSE(p_->ec) << p_->what;
        EXPECT_FALSE(p_->inside);
        EXPECT_EQ(got_, one_to(takes_.items));
        EXPECT_EQ(counts.copies, 0u);
        EXPECT_EQ(seen.live(), 0u);
        EXPECT_EQ(seen.misuses(), 0u);
    }

    void gives_the_streams_failure(bool gaps) {
        SCOPED_TRACE("gives the stream's failure, after the items before it");
        auto s = play(
            ctx_.get_executor(), plan<move_only_item>{takes_.before_failure, gaps, finish::fails});
        start(s);
        ctx_.poll();

        EXPECT_EQ(p_->what, "as planned");
        if (!takes_.silently) {
            EXPECT_EQ(got_, one_to(takes_.before_failure));
        }
        EXPECT_TRUE(collect(ctx_, s).ended);
    }

    void gives_what_the_function_throws(int at) {
        SCOPED_TRACE("gives what the function throws, and lets go of an owned stream");
        observer seen;
        auto sibling = play(ctx_.get_executor(), plan<int>{3, true});
        throws_at_ = at;
        start(play(ctx_.get_executor(), plan<int>{3, true}, seen));
        ctx_.poll();

        EXPECT_EQ(p_.calls(), 1);
        EXPECT_EQ(p_->what, "the user's");
        EXPECT_EQ(got_, one_to(at - 1));
        EXPECT_EQ(seen.live(), 0u);
        EXPECT_EQ(collect(ctx_, sibling).items, one_to(3));
        throws_at_ = 0;
    }

    void leaves_the_rest_when_the_function_throws(int at) {
        SCOPED_TRACE("leaves the rest of a borrowed stream when the function throws");
        auto s = play(ctx_.get_executor(), plan<int>{3, true});
        throws_at_ = at;
        start(s);
        ctx_.poll();

        EXPECT_EQ(p_->what, "the user's");
        const auto all = one_to(3);
        EXPECT_EQ(collect(ctx_, s).items, std::vector<int>(all.begin() + at, all.end()));
        throws_at_ = 0;
    }

    void loses_nothing_when_cancelled_anywhere() {
        using enum asio::cancellation_type;
        for (auto how : {total, partial, terminal})
            for (int steps = 0; cancelled_after(steps, how); ++steps)
                ASSERT_LT(steps, 200) << "it does not complete";
    }

    bool cancelled_after(int steps, asio::cancellation_type how) {
        SCOPED_TRACE(
            "loses nothing when cancelled after " + std::to_string(steps) + " steps by type " +
            std::to_string(static_cast<unsigned>(how)));
        asio::cancellation_signal cancel;
        auto s = play(ctx_.get_executor(), plan<int>{takes_.items, true});
        start(s, cancel.slot());
        for (int i = 0; i != steps; ++i) {
            ctx_.restart();
            ctx_.poll_one();
        }
        const bool over = p_.calls() != 0;
        cancel.emit(how);
        ctx_.restart();
        ctx_.poll();

        EXPECT_EQ(p_.calls(), 1);
        if (p_->ec) {
            EXPECT_EQ(p_->ec, asio::error::operation_aborted) << p_->what;
        }
        auto rest = collect(ctx_, s);
        if (takes_.silently)
            got_ = one_to(takes_.items - static_cast<int>(rest.items.size()));
        got_.insert(got_.end(), rest.items.begin(), rest.items.end());
        EXPECT_EQ(got_, one_to(takes_.items));
        return !over;
    }

    void gives_up_when_its_stream_is_destroyed() {
        SCOPED_TRACE("gives up when a borrowed stream is destroyed");
        const int items = std::min(1, takes_.before_failure);
        std::optional s(play(ctx_.get_executor(), plan<int>{items, true, finish::hangs}));
        start(*s);
        ctx_.poll();
        EXPECT_EQ(p_.calls(), 0);

        s.reset();
        ctx_.poll();

        EXPECT_EQ(p_.calls(), 1);
        EXPECT_EQ(p_->ec, asio::error::operation_aborted) << p_->what;
    }

    void refuses_a_stream_that_is_being_pulled() {
        SCOPED_TRACE("refuses a stream that is being pulled, and does not disturb that");
        auto s = play(ctx_.get_executor(), plan<int>{0, false, finish::hangs});
        completion_probe<> first;
        s.async_next(first.handler());
        start(s);
        ctx_.poll();

        EXPECT_EQ(p_->ec, errc::operation_in_progress) << p_->what;
        EXPECT_EQ(first.calls(), 0);
    }

    template <class S>
    void start(S&& stream, asio::cancellation_slot slot = {}) {
        got_.clear();
        p_ = {};
        ctx_.restart();
        p_.start([&](auto handler) {
            start_(
                std::forward<S>(stream),
                [this](const auto& item) {
                    user_function{throws_at_}(item);
                    append_values(got_, item);
                },
                slot,
                std::move(handler));
        });
    }

    asio::io_context ctx_;
    Start start_;
    takes takes_;
    completion_probe<> p_;
    std::vector<int> got_;
    int throws_at_ = 0;
};

template <class Start>
void check_terminal(Start start, takes what = {}) {
    terminal_contract<Start>(std::move(start), what).check();
}
template <class Start>
void check_terminal_of_a_function(Start start) {
    terminal_contract<Start> contract(std::move(start));
    contract.check();
    contract.check_throw();
}

// What the lines of the terminals are made of.

inline auto bound(asio::cancellation_slot slot, auto handler) {
    return asio::bind_cancellation_slot(slot, std::move(handler));
}

/// Drops the result.
inline auto without_result(auto handler) {
    return [handler = std::move(handler)](std::exception_ptr failure, auto) mutable {
        handler(std::move(failure));
    };
}

} // namespace streamx::testing
