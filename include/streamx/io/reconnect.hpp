#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/on_demand.hpp>
#include <streamx/time/backoff.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::io {

/// What is told of a connection that is lost or could not be made: why (null: it ended), and how long
/// it is until the next try (nothing: there is none).
using lost_hook = std::function<void(std::exception_ptr, std::optional<backoff::duration>)>;

namespace detail {

/// The hook that writes to the log.
void log_lost(std::exception_ptr why, std::optional<backoff::duration> wait);

template <class T>
struct awaited;
template <class T, class Executor>
struct awaited<asio::awaitable<T, Executor>> {
    using type = T;
};

template <class Connect>
class reconnecting : public on_demand<reconnecting<Connect>, asio::any_io_executor> {
public:
    using stream_type = typename awaited<std::invoke_result_t<Connect&>>::type;
    using value_type = item_t<stream_type>;

    reconnecting(asio::any_io_executor ex, const backoff& policy, Connect connect, lost_hook hook)
        : executor_(std::move(ex)), delays_(policy), connect_(std::move(connect)),
          hook_(std::move(hook)) {}

    const asio::any_io_executor& get_executor() const noexcept { return executor_; }
    bool ready() const noexcept { return stream_ || given_up_; }
    /// The connection there is, if there is one.
    stream_type* stream() noexcept { return stream_ ? &*stream_ : nullptr; }

    poll<value_type> take() {
        if (stream_) {
            try {
                auto item = stream_->try_next();
                if (item)
                    delays_.reset();
                if (!item.is_end())
                    return item;
                lose(nullptr);
            } catch (...) {
                lose(std::current_exception());
            }
        }
        if (!given_up_)
            return pending;
        if (failure_)
            std::rethrow_exception(failure_);
        return end;
    }

private:
    friend class on_demand<reconnecting, asio::any_io_executor>;

    template <class Handler>
    void start(Handler handler) {
        if (pausing_)
            async_sleep_for(executor_, pause_, std::move(handler));
        else
            asio::co_spawn(executor_, run(this->shared_from_this()), std::move(handler));
    }

    static asio::awaitable<void> run(std::shared_ptr<reconnecting> self) {
        self->stream_.emplace(co_await self->connect_());
    }

    void came(error_code ec) { // from a pause
        pausing_ = ec == asio::error::operation_aborted;
        this->go_on();
    }

    void came(std::exception_ptr failure) {
        if (failure)
            lose(std::move(failure));
        if (ready())
            this->arrived();
        else
            this->go_on();
    }

    void lose(std::exception_ptr why) {
        stream_.reset();
        const auto wait = delays_.next();
        if (hook_)
            hook_(why, wait);
        given_up_ = !wait;
        pausing_ = wait.has_value();
        pause_ = wait.value_or(backoff::duration());
        failure_ = std::move(why);
    }

    asio::any_io_executor executor_;
    backoff_delays delays_;
    Connect connect_;
    lost_hook hook_;
    std::optional<stream_type> stream_;
    std::exception_ptr failure_;
    backoff::duration pause_{};
    bool pausing_ = false;
    bool given_up_ = false;
};

template <class Connect>
struct initiate_reconnecting {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return state->get_executor(); }

    template <class Handler>
    void operator()(Handler handler) const {
        if (auto* stream = state->stream())
            stream->async_wait(std::move(handler));
        else
            state->async_wait(std::move(handler));
    }

    reconnecting<Connect>* state;
};

} // namespace detail

/// The stream that `reconnect` makes.
template <class Connect>
class [[nodiscard]] reconnect_stream : public stream_interface<reconnect_stream<Connect>> {
    using state = detail::reconnecting<Connect>;

public:
    using value_type = typename state::value_type;
    using executor_type = asio::any_io_executor;

    reconnect_stream(
        asio::any_io_executor ex, const backoff& policy, Connect connect, lost_hook hook)
        : state_(
              std::make_shared<state>(std::move(ex), policy, std::move(connect), std::move(hook))) {
    }

    executor_type get_executor() const noexcept { return state_->get_executor(); }
    poll<value_type> try_next() { return state_->take(); }

    /// Waits for an item; for a connection first, if there is none.
    /// @completes `void(error_code)` on the handler's associated executor, the stream's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this destroyed; `errc::operation_in_progress`:
    ///          another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; a connection that is being made goes on being made, and is
    ///          kept for the next wait
    /// @threads from the stream's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            detail::initiate_reconnecting<Connect>{state_.get()}, token);
    }

private:
    detail::half<state> state_;
};

/// One stream over many connections. `connect()`, a coroutine, makes a connection and returns a stream
/// over it, whose items these are. When that fails, or ends, or none could be made, it is called again
/// after the time that `policy` says; an item that has come begins a new count. When the policy allows no
/// more attempts this fails or ends with the last one.
///
/// Nothing is asked for, and no connection made, before somebody waits. Of each loss `hook` is told; by
/// default it is logged. What was on its way when a connection was lost is lost: the protocol above has
/// to ask for it again.
template <class Connect>
    requires requires(Connect& connect) {
        typename detail::awaited<std::invoke_result_t<Connect&>>::type;
    }
[[nodiscard]] auto reconnect(
    asio::any_io_executor ex,
    const backoff& policy,
    Connect connect,
    lost_hook hook = detail::log_lost) {
    return reconnect_stream<Connect>(std::move(ex), policy, std::move(connect), std::move(hook));
}

} // namespace streamx::io
