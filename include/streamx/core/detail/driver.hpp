#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/consumer_scope.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/detail/parked_op.hpp>
#include <streamx/core/detail/run_scope.hpp>
#include <streamx/core/detail/stream_base.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// The stream whose turn it is to be pulled when `s` is: itself, or the one that a look is at.
inline stream_base& claimed(stream_base& s) noexcept { return s; }
template <class Look>
    requires requires(const Look& look) { look.claimed(); }
stream_base& claimed(const Look& look) noexcept {
    return look.claimed();
}

/// A stream that is another's and remembers who pulls from it.
template <class S>
concept claimable = requires(S& s) { claimed(s); } &&
                    (std::is_lvalue_reference_v<S> || !std::derived_from<S, stream_base>);

/// The right to pull from `S`: a `turn` where it is claimable.
template <class S>
struct claim {
    explicit claim(std::remove_reference_t<S>&) noexcept {}
    explicit operator bool() const noexcept { return true; }
    bool orphaned() const noexcept { return false; }
};
template <claimable S>
struct claim<S> : turn {
    explicit claim(std::remove_reference_t<S>& s) noexcept : turn(detail::claimed(s)) {}
};

/// A stream on its way into an operation: itself where it is owned, its address where it is
/// borrowed.
template <class S>
struct passed {
    S stream;
    S&& get() noexcept { return std::move(stream); }
    S& look() noexcept { return stream; }
};
template <class S>
struct passed<S&> {
    explicit passed(S& s) noexcept : stream(&s) {}
    S* stream;
    S& get() noexcept { return *stream; }
    S& look() noexcept { return *stream; }
};

template <class S>
bool is_over(const S& s) noexcept {
    if constexpr (std::derived_from<S, stream_base>)
        return stream_access::is_over(s);
    else
        return false;
}

/// A stream's executor, also when it is over and has let go of all else.
template <class S>
executor_t<S> executor_of(const S& s) {
    if constexpr (std::derived_from<S, stream_base>)
        return stream_access::executor(s);
    else
        return s.get_executor();
}

/// Marks a stream as over and lets go of its upstream, if it is one of this library's.
template <class S>
void finish(S& s) noexcept {
    if constexpr (std::derived_from<S, stream_base>)
        stream_access::finish(s);
}

/// `try_next`, by which a stream fails once and then ends, for ever.
template <class S>
poll<item_t<S>> try_next_once(S& s) {
    if (is_over(s))
        return end;
    try {
        auto item = s.try_next();
        if (item.is_end())
            finish(s);
        return item;
    } catch (...) {
        finish(s);
        throw;
    }
}

/// Lets a step take an item. A carrier whose value the step uses up is settled when it has.
template <class Step, class T>
[[gnu::always_inline]] inline bool take_step(Step& step, T& item) {
    using shown = shown_t<Step, T>;
    const bool more = step(show<shown>(item));
    settle<shown>(item);
    return more;
}

/// The only loop: tries until the stream is pending, waits, tries again, and ends an operation.
///
/// `S` is a stream (owned) or a reference to one (borrowed). `Step` is what the operation does:
/// `bool step(item&&)` takes an item (a carrier, or its value) and says whether to go on,
/// `finish(handler, exception_ptr)` completes. Every step runs on the handler's associated executor, the stream's by default; an
/// exception thrown by the stream or the step ends the operation with that exception.
template <class S, class Step, class Handler>
class drive_op {
    using stream_type = std::remove_reference_t<S>;
    using bound = bound_handler<Handler, executor_t<S>>;

    /// The operation, which is its own block where it is parked, and where it is posted.
    struct state final : bound, parked_on<state, typename bound::executor_type> {
        state(S&& s, Step what, Handler handler)
            : bound(std::move(handler), executor_of(s)), state::parked_on(bound::get_executor()),
              stream(std::forward<S>(s)), step(std::move(what)), mine(stream),
              cancellation(bound::get_cancellation_slot(), asio::enable_total_cancellation()) {}

        void run() override { drive_op(this).go_on(this->result_); }
        void destroy() noexcept override { free_block(this, bound::get_allocator()); }

        using parked::result_;

        S stream;
        Step step;
        claim<S> mine;
        asio::cancellation_state cancellation;
    };

    struct deleter {
        void operator()(state* s) const noexcept { s->destroy(); }
    };

public:
    using executor_type = typename bound::executor_type;
    using allocator_type = typename bound::allocator_type;
    using cancellation_slot_type = asio::cancellation_slot;

    static void start(passed<S> s, Step step, Handler handler) {
        consumer_scope::pulls();
        const auto allocator = asio::get_associated_allocator(handler);
        drive_op(make_block<state>(allocator, s.get(), std::move(step), std::move(handler))).post();
    }

    decltype(auto) get_executor() const noexcept { return state_->bound::get_executor(); }
    allocator_type get_allocator() const noexcept { return state_->bound::get_allocator(); }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return state_->cancellation.slot();
    }

    /// It waits as a block: see `parks_itself`.
    parked::pointer block() && noexcept { return parked::pointer(state_.release()); }
    asio::execution_context& context() const noexcept { return state_->context(); }

    /// The stream is worth trying; or the wait has failed, and then the stream may be gone.
    void operator()(error_code ec) {
        state* s = state_.release();
        s->result_ = ec;
        s->run();
    }

private:
    explicit drive_op(state* s) noexcept : state_(s) {}

    /// In one place only: it is large, and most of a wake-up.
    [[gnu::always_inline]] void go_on(error_code ec) {
        clear_slot(get_cancellation_slot());
        if (!ec && (state_->mine.orphaned() || is_cancelled(*state_)))
            ec = asio::error::operation_aborted;
        else if (!ec && !state_->mine)
            ec = errc::operation_in_progress;
        if (ec) {
            if constexpr (requires { state_->stream.report(state_->step); })
                state_->stream.report(state_->step);
            return complete(make_failure(ec, "streamx"));
        }
        auto why = halt::end;
        std::exception_ptr failure; // let go of here before the handler has it
        try {
            why = run(*state_);
        } catch (...) {
            failure = std::current_exception();
        }
        if (why == halt::spent || (why == halt::pending && is_cancelled(*state_)))
            return post();
        if (why != halt::pending)
            return complete(std::move(failure));
        stream_type& s = state_->stream;
        s.async_wait(std::move(*this));
    }

    static bool is_cancelled(const state& s) noexcept {
        return s.cancellation.cancelled() != asio::cancellation_type::none;
    }

    static halt run(state& s) {
        if (is_over(s.stream))
            return halt::end;
        const run_scope scope;
        hot step(s.step);
        // A step may cancel its own operation: then it takes no more.
        const bool can_be_cancelled = s.cancellation.slot().is_connected();
        bool cancelled = false;
        auto take = [&](item_t<S>&& item) __attribute__((always_inline)) {
            if (!take_step(*step, item))
                return false;
            return !can_be_cancelled || !(cancelled = is_cancelled(s));
        };
        if constexpr (!std::is_reference_v<S>) {
            const auto why = each_ready(s.stream, take);
            return cancelled ? halt::spent : why;
        } else {
            // What the stream throws is the end of it; what a step throws is not.
            for (unsigned left = budget; left != 0; --left) {
                auto item = try_next_once(s.stream);
                if (!item)
                    return item.is_end() ? halt::end : halt::pending;
                if (!take(*std::move(item)))
                    return cancelled ? halt::spent : halt::asked;
            }
            return halt::spent;
        }
    }

    void post() { state_.release()->complete({}); }

    /// Releases the stream and the state's memory first, then calls the handler.
    void complete(std::exception_ptr failure) {
        clear_slot(state_->bound::get_cancellation_slot());
        Handler handler = std::move(state_->handler());
        Step step = std::move(state_->step);
        // Asio's rule: the memory an operation has from its handler's allocator is free again when
        // the handler runs. The moved-from handler still knows that allocator.
        free_block(state_.release(), asio::get_associated_allocator(handler));
        step.finish(std::move(handler), std::move(failure));
    }

    std::unique_ptr<state, deleter> state_;
};

template <class S, class Step>
struct initiate_drive {
    template <class Handler>
    void operator()(Handler handler, passed<S> stream, Step step) const {
        drive_op<S, Step, Handler>::start(std::move(stream), std::move(step), std::move(handler));
    }
};

/// Starts an operation that drives a stream; what every terminal and `async_next` is made of.
template <class Signature, class S, class Step, class Token>
auto async_drive(S&& stream, Step step, Token&& token) {
    return initiate<Signature>(
        initiate_drive<S, Step>(),
        std::forward<Token>(token),
        passed<S>{std::forward<S>(stream)},
        std::move(step));
}

} // namespace streamx::detail
