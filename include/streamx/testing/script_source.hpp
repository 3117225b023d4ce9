#pragma once

#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace streamx::testing {

/// What happened to scripts. Copies are the same observer, and it outlives the scripts.
class observer {
public:
    observer() : seen_(std::make_shared<counts>()) {}

    std::size_t pulls() const noexcept { return seen_->pulls; }
    std::size_t waits() const noexcept { return seen_->waits; }
    /// How many items were given.
    std::size_t items() const noexcept { return seen_->items; }
    /// How many scripts have not been destroyed or released yet.
    std::size_t live() const noexcept { return seen_->live; }
    /// How often a script was asked for something after its end or its failure.
    std::size_t misuses() const noexcept { return seen_->misuses; }

private:
    template <class>
    friend class script_source;

    struct counts {
        std::size_t pulls = 0;
        std::size_t waits = 0;
        std::size_t items = 0;
        std::size_t live = 0;
        std::size_t misuses = 0;
    };
    std::shared_ptr<counts> seen_;
};

/// A stream that plays what it is told, to stand upstream of what is tested:
/// `script_source<int>(ex).item(1).wait(10ms).item(2).end()`.
///
/// `pending` is a gap: the wait for what comes after it completes by a post. After `hang` nothing
/// comes any more. A script that was played through is at its end.
///
/// `wait` lets time pass, by the clock of the executor's context. The time of a script begins with the
/// first pull and goes on by itself: for a consumer that is late, what was due meanwhile is ready.
template <class T>
class [[nodiscard]] script_source : public stream_interface<script_source<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    explicit script_source(asio::any_io_executor ex, observer seen = {})
        : executor_(std::move(ex)),
          state_(std::make_shared<state>(streamx::detail::context_of(*this), std::move(seen))) {}
    script_source(script_source&&) = default;
    script_source& operator=(script_source&&) = default;

    script_source& item(T x) & { return add(kind::item, std::move(x)); }
    script_source&& item(T x) && { return std::move(item(std::move(x))); }
    script_source& pending() & { return add(kind::gap); }
    script_source&& pending() && { return std::move(pending()); }
    script_source& wait(clock_service::duration d) & { return add(kind::wait, {}, {}, d); }
    script_source&& wait(clock_service::duration d) && { return std::move(wait(d)); }
    script_source& hang() & { return add(kind::hang); }
    script_source&& hang() && { return std::move(hang()); }
    script_source& end() & { return add(kind::end); }
    script_source&& end() && { return std::move(end()); }

    /// Fails with this, as it is.
    script_source& fail(std::exception_ptr failure) & {
        return add(kind::failure, std::nullopt, std::move(failure));
    }
    script_source&& fail(std::exception_ptr failure) && {
        return std::move(fail(std::move(failure)));
    }
    /// Fails with a `boost::system::system_error`.
    script_source& fail(error_code ec) & { return fail(make_failure(ec, "script_source")); }
    script_source&& fail(error_code ec) && { return std::move(fail(ec)); }

    executor_type get_executor() const noexcept { return executor_; }

    poll<T> try_next() { return state_ ? state_->try_next() : poll<T>(streamx::end); }

    /// Waits until the script goes on.
    /// @completes `void(error_code)` on the handler's associated executor, the script's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or the script destroyed;
    ///          `errc::operation_in_progress`: another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; nothing is taken, so nothing is lost
    /// @threads from the script's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    using time_point = clock_service::time_point;

    enum class kind { item, gap, wait, hang, failure, end };

    struct step {
        kind what;
        std::optional<T> item;
        std::exception_ptr failure;
        clock_service::duration time;
    };

    struct state {
        state(asio::execution_context& context, observer o)
            : seen(std::move(o.seen_)), timer(std::make_shared<streamx::detail::timer>(context)) {
            ++seen->live;
        }
        state(const state&) = delete;
        state& operator=(const state&) = delete;
        ~state() { --seen->live; }

        kind next() const noexcept { return steps.empty() ? kind::end : steps.front().what; }

        poll<T> try_next() {
            ++seen->pulls;
            if (over) {
                ++seen->misuses;
                return streamx::end;
            }
            pass_time();
            switch (next()) {
            case kind::item:
                ++seen->items;
                return *play().item;
            case kind::failure:
                over = true;
                std::rethrow_exception(play().failure);
            case kind::end:
                over = true;
                return streamx::end;
            case kind::gap:
            case kind::wait:
            case kind::hang:
                break;
            }
            return streamx::pending;
        }

        /// When what comes next is there: at a time, or by `wake`.
        time_point due() {
            if (!time)
                time = timer->now();
            return next() == kind::wait ? streamx::detail::later(*time, steps.front().time)
                                        : time_point::max();
        }

        void pass_time() {
            for (auto at = due(); at <= timer->now(); at = due()) {
                time = at;
                play();
            }
        }

        step play() {
            step played = std::move(steps.front());
            steps.pop_front();
            ++position;
            return played;
        }

        std::shared_ptr<typename observer::counts> seen;
        std::deque<step> steps;
        std::size_t position = 0;
        bool over = false;
        std::optional<time_point> time; // how far it has come, from the first pull on
        std::shared_ptr<streamx::detail::timer> timer;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto& s = self->state_;
            if (!s)
                return streamx::detail::async_ready(std::move(handler), self->executor_);
            ++s->seen->waits;
            s->seen->misuses += s->over ? 1 : 0;
            streamx::detail::timer::async_wait(
                s->timer, s->due(), self->executor_, std::move(handler));
            self->go_on();
        }

        script_source* self;
    };

    /// Lets the wait complete, unless it is for a time: at once, or after a post if there is a gap.
    void go_on() {
        const auto next = state_->next();
        if (next == kind::hang || next == kind::wait)
            return;
        if (next != kind::gap)
            return state_->timer->wake();
        streamx::detail::post_to(
            executor_,
            std::allocator<void>(),
            [weak = std::weak_ptr(state_), gap = state_->position] {
                if (auto s = weak.lock()) {
                    if (s->position == gap)
                        s->play();
                    s->timer->wake();
                }
            });
    }

    script_source&
    add(kind what,
        std::optional<T> item = std::nullopt,
        std::exception_ptr failure = nullptr,
        clock_service::duration time = {}) {
        state_->steps.push_back({what, std::move(item), std::move(failure), time});
        return *this;
    }

    executor_type executor_;
    std::shared_ptr<state> state_;
};

} // namespace streamx::testing
