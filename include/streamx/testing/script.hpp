#pragma once

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
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
    friend class script;

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
/// `script<int>(ex).item(1).pending().item(2).end()`.
///
/// `pending` is a gap: the wait for what comes after it completes by a post. After `hang` nothing
/// comes any more. A script that was played through is at its end.
template <class T>
class [[nodiscard]] script : public stream_interface<script<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    explicit script(asio::any_io_executor ex, observer seen = {})
        : executor_(std::move(ex)), state_(std::make_shared<state>(std::move(seen))) {}
    script(script&&) = default;
    script& operator=(script&&) = default;

    script& item(T x) & { return add(kind::item, std::move(x)); }
    script&& item(T x) && { return std::move(item(std::move(x))); }
    script& pending() & { return add(kind::gap); }
    script&& pending() && { return std::move(pending()); }
    script& hang() & { return add(kind::hang); }
    script&& hang() && { return std::move(hang()); }
    script& end() & { return add(kind::end); }
    script&& end() && { return std::move(end()); }

    /// Fails with this, as it is.
    script& fail(std::exception_ptr failure) & {
        return add(kind::failure, std::nullopt, std::move(failure));
    }
    script&& fail(std::exception_ptr failure) && { return std::move(fail(std::move(failure))); }
    /// Fails with a `boost::system::system_error`.
    script& fail(error_code ec) & { return fail(make_failure(ec, "script")); }
    script&& fail(error_code ec) && { return std::move(fail(ec)); }

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
    enum class kind { item, gap, hang, failure, end };

    struct step {
        kind what;
        std::optional<T> item;
        std::exception_ptr failure;
    };

    struct state {
        explicit state(observer o) : seen(std::move(o.seen_)) { ++seen->live; }
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
            case kind::hang:
                break;
            }
            return streamx::pending;
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
        streamx::detail::gate<std::mutex> ready;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto& s = self->state_;
            if (!s)
                return streamx::detail::async_ready(std::move(handler), self->executor_);
            ++s->seen->waits;
            s->seen->misuses += s->over ? 1 : 0;
            streamx::detail::async_wait_on(
                std::shared_ptr<streamx::detail::gate<std::mutex>>(s, &s->ready),
                self->executor_,
                std::move(handler));
            self->go_on();
        }

        script* self;
    };

    /// Lets the wait complete: at once if there is no gap, after a post if there is one.
    void go_on() {
        if (state_->next() == kind::hang)
            return;
        if (state_->next() != kind::gap)
            return state_->ready.wake();
        streamx::detail::post_to(
            executor_,
            std::allocator<void>(),
            [weak = std::weak_ptr(state_), gap = state_->position] {
                if (auto s = weak.lock()) {
                    if (s->position == gap)
                        s->play();
                    s->ready.wake();
                }
            });
    }

    script&
    add(kind what, std::optional<T> item = std::nullopt, std::exception_ptr failure = nullptr) {
        state_->steps.push_back({what, std::move(item), std::move(failure)});
        return *this;
    }

    executor_type executor_;
    std::shared_ptr<state> state_;
};

} // namespace streamx::testing
