#pragma once

#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/on_demand.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::io {

namespace detail {

/// Whether accepting is worth another try at once: the connection that was to be accepted has failed.
bool is_failure_of_a_connection(error_code ec) noexcept;
/// Whether it is worth another try in a while: something has run out (EMFILE, ENOBUFS and the like).
bool is_exhaustion(error_code ec) noexcept;
/// How long to wait the next time for what has run out.
clock_service::duration longer_pause(clock_service::duration last) noexcept;

/// `A` is an acceptor (owned) or a reference to one; `MakeExecutor` gives each connection its executor.
template <class A, class MakeExecutor>
class accepting : public on_demand<
                      accepting<A, MakeExecutor>,
                      typename std::remove_reference_t<A>::executor_type> {
    using acceptor = std::remove_reference_t<A>;

public:
    using executor_type = typename acceptor::executor_type;
    using socket_type = typename acceptor::protocol_type::socket::template rebind_executor<
        std::invoke_result_t<MakeExecutor&, acceptor&>>::other;

    accepting(A&& a, MakeExecutor make)
        : acceptor_(std::forward<A>(a)), executor_(acceptor_.get_executor()),
          make_executor_(std::move(make)) {}

    executor_type get_executor() const noexcept { return executor_; }
    bool ready() const noexcept { return accepted_ || ended_ || error_; }

    poll<socket_type> take() {
        if (accepted_) {
            poll<socket_type> one = *std::move(accepted_);
            accepted_.reset();
            return one;
        }
        if (error_)
            throw boost::system::system_error(error_, "accept");
        return ended_ ? poll<socket_type>(end) : pending;
    }

private:
    friend class on_demand<accepting, executor_type>;

    template <class Handler>
    void start(Handler handler) {
        if (pausing_)
            async_sleep_for(executor_, pause_, std::move(handler));
        else
            acceptor_.async_accept(make_executor_(acceptor_), std::move(handler));
    }

    void came(error_code ec) { // from a pause
        pausing_ = ec == asio::error::operation_aborted;
        this->go_on();
    }

    void came(error_code ec, socket_type socket) {
        if (!ec) {
            pause_ = {};
            accepted_.emplace(std::move(socket));
        } else if (is_exhaustion(ec)) {
            pause_ = longer_pause(pause_);
            pausing_ = true;
        } else if (ec == asio::error::operation_aborted && acceptor_.is_open()) {
            // stopped with a wait that was cancelled
        } else if (!acceptor_.is_open()) {
            ended_ = true;
        } else if (!is_failure_of_a_connection(ec)) {
            error_ = ec;
        }
        if (ready())
            this->arrived();
        else
            this->go_on();
    }

    void left() {
        if constexpr (!std::is_reference_v<A>)
            close_stream(acceptor_);
    }

    A acceptor_;
    executor_type executor_; // a borrowed acceptor may be gone when somebody asks
    MakeExecutor make_executor_;
    std::optional<socket_type> accepted_;
    error_code error_;
    bool ended_ = false;
    bool pausing_ = false;
    clock_service::duration pause_{};
};

struct acceptors_executor {
    template <class A>
    auto operator()(A& acceptor) const {
        return acceptor.get_executor();
    }
};

} // namespace detail

/// The connections that an acceptor accepts.
template <class A, class MakeExecutor>
class [[nodiscard]] accepted_stream : public stream_interface<accepted_stream<A, MakeExecutor>> {
    using state = detail::accepting<A, MakeExecutor>;

public:
    using value_type = typename state::socket_type;
    using executor_type = typename state::executor_type;

    accepted_stream(A&& acceptor, MakeExecutor make)
        : state_(std::make_shared<state>(std::forward<A>(acceptor), std::move(make))) {}

    executor_type get_executor() const noexcept { return state_->get_executor(); }
    poll<value_type> try_next() { return state_->take(); }

    /// Waits for a connection. The acceptor is asked for one only meanwhile.
    /// @completes `void(error_code)` on the handler's associated executor, the acceptor's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this destroyed; `errc::operation_in_progress`:
    ///          another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; a connection that was accepted is kept for the next pull
    /// @threads from the acceptor's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_on_demand(*state_, std::forward<Token>(token));
    }

private:
    detail::half<state> state_;
};

/// The connections that an acceptor accepts, one by one, as they are pulled: those that nobody pulls
/// wait in the backlog. The acceptor is owned if given as an rvalue, borrowed if given as an lvalue.
///
/// A connection that fails before it was accepted is passed over. When the process or the system has no
/// descriptor left (EMFILE, ENFILE) or no memory, it waits, from 10 milliseconds up to a second, and
/// tries again. The stream ends when the acceptor is closed, and fails with what else is wrong with it.
///
/// The sockets have the acceptor's executor, or the one that `make_executor(acceptor)` gives for each:
/// `[](auto& a) { return asio::make_strand(a.get_executor()); }`.
template <class A, class MakeExecutor = detail::acceptors_executor>
    requires byte_stream_ref<A>
[[nodiscard]] auto accept_stream(A&& acceptor, MakeExecutor make_executor = {}) {
    return accepted_stream<A, MakeExecutor>(std::forward<A>(acceptor), std::move(make_executor));
}

} // namespace streamx::io
