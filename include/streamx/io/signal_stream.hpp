#pragma once

#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/on_demand.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

namespace streamx::io {

namespace detail {

class signals : public on_demand<signals, asio::any_io_executor> {
public:
    signals(const asio::any_io_executor& ex, std::initializer_list<int> numbers) : set_(ex) {
        for (int number : numbers)
            set_.add(number);
    }

    executor_type get_executor() noexcept { return set_.get_executor(); }
    bool ready() const noexcept { return caught_ || error_; }

    poll<int> take() {
        if (caught_)
            return *std::exchange(caught_, std::nullopt);
        if (error_)
            throw boost::system::system_error(error_, "signal");
        return pending;
    }

private:
    friend class on_demand<signals, asio::any_io_executor>;

    template <class Handler>
    void start(Handler handler) {
        set_.async_wait(std::move(handler));
    }

    void came(error_code ec, int number) {
        if (!ec)
            caught_ = number;
        else if (ec != asio::error::operation_aborted)
            error_ = ec;
        if (ready())
            arrived();
        else
            go_on();
    }

    asio::signal_set set_;
    std::optional<int> caught_;
    error_code error_;
};

} // namespace detail

/// The signals that the process is sent: their numbers. From when this is made the process does not die
/// of them, until it is destroyed.
///
/// `connections | take_until(io::signal_stream(ex, {SIGINT, SIGTERM}))` is a server that stops.
class [[nodiscard]] signal_stream : public stream_interface<signal_stream> {
public:
    using value_type = int;
    using executor_type = asio::any_io_executor;

    /// Throws a `boost::system::system_error` if one of the numbers is no signal that can be caught.
    signal_stream(const asio::any_io_executor& ex, std::initializer_list<int> numbers)
        : state_(std::make_shared<detail::signals>(ex, numbers)) {}

    executor_type get_executor() const noexcept { return state_->get_executor(); }
    poll<int> try_next() { return state_->take(); }

    /// Waits for a signal.
    /// @completes `void(error_code)` on the handler's associated executor, the stream's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this destroyed; `errc::operation_in_progress`:
    ///          another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; a signal that was caught is kept for the next pull
    /// @threads from the stream's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_on_demand(*state_, std::forward<Token>(token));
    }

private:
    detail::half<detail::signals> state_;
};

} // namespace streamx::io
