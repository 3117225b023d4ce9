#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/read_space.hpp>
#include <streamx/io/detail/watchdog.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::io::detail {

/// The reading half of a connection: its buffer, and at most one read that is under way.
///
/// A wait that is cancelled leaves nothing behind: the read is asked to stop if that has no effect on
/// the stream (`total`), and what it brings nevertheless is there for the next wait.
template <class S>
class reader : public std::enable_shared_from_this<reader<S>> {
    using gate = streamx::detail::gate<streamx::detail::null_lock>;

public:
    using executor_type = typename connection<S>::executor_type;

    explicit reader(connection_ptr<S> c) : connection_(std::move(c)), dog_(connection_->executor) {
        connection_->join();
    }

    connection<S>& shared() const noexcept { return *connection_; }
    executor_type get_executor() const noexcept { return connection_->executor; }

    std::string_view bytes() const noexcept { return space_.bytes(); }
    void left(std::string_view in) noexcept { space_.left(in.size()); }

    bool over() const noexcept { return ended_ || error_; }
    /// Whether it is over by an end of input; otherwise by this.
    bool ended() const noexcept { return ended_; }
    error_code error() const noexcept { return error_; }

    /// Nothing can be made of the bytes that are there.
    void starve() noexcept { starved_ = true; }

    template <class Handler>
    void async_wait(Handler handler) {
        if (!starved_ || over())
            return streamx::detail::async_ready(std::move(handler), get_executor());
        wait_op<Handler> op(std::move(handler), get_executor(), this->weak_from_this());
        if (waiting_) {
            auto ex = op.get_executor();
            auto allocator = op.get_allocator();
            return streamx::detail::post_to(ex, allocator, [op = std::move(op)]() mutable {
                std::move(op.handler())(errc::operation_in_progress);
            });
        }
        waiting_ = true;
        if (connection_->limits.idle != endpoint_limits::no_deadline && !quiet_since_)
            quiet_since_ = dog_.now();
        if (!reading_)
            read();
        dog_.watch(this->shared_from_this());
        streamx::detail::async_wait_on(
            std::shared_ptr<gate>(this->shared_from_this(), &arrived_),
            get_executor(),
            std::move(op));
    }

    /// Nobody will read any more.
    void detach() {
        detached_ = true;
        waiting_ = false;
        arrived_.abort();
        dog_.stop();
        stop_.emit(asio::cancellation_type::terminal);
        connection_->leave();
    }

    watchdog<executor_type>& dog() noexcept { return dog_; }
    std::optional<time_point> deadline() const noexcept {
        if (!waiting_ || !quiet_since_)
            return {};
        return streamx::detail::later(*quiet_since_, connection_->limits.idle);
    }
    void on_deadline() {
        error_ = errc::idle_timeout;
        stop_.emit(asio::cancellation_type::terminal);
        arrived_.wake();
    }

private:
    template <class Handler>
    struct wait_op : streamx::detail::bound_handler<Handler, executor_type> {
        wait_op(Handler handler, const executor_type& ex, std::weak_ptr<reader> r)
            : streamx::detail::bound_handler<Handler, executor_type>(std::move(handler), ex),
              weak(std::move(r)) {}

        void operator()(error_code ec) {
            if (const auto alive = std::exchange(weak, {}).lock())
                alive->waited(ec);
            std::move(this->handler())(ec);
        }

        std::weak_ptr<reader> weak;
    };

    struct read_op {
        using executor_type = reader::executor_type;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return self->get_executor(); }
        cancellation_slot_type get_cancellation_slot() const noexcept { return self->stop_.slot(); }

        void operator()(error_code ec, std::size_t n) { self->came(ec, n); }

        std::shared_ptr<reader> self;
    };

    void read() {
        reading_ = true;
        connection_->stream.async_read_some(space_.prepare(), read_op{this->shared_from_this()});
    }

    void came(error_code ec, std::size_t n) {
        reading_ = false;
        stop_.slot().clear();
        if (detached_)
            return;
        space_.came(n);
        if (n != 0)
            quiet_since_.reset();
        if (ec == asio::error::eof)
            ended_ = true;
        else if (ec && ec != asio::error::operation_aborted && !error_)
            error_ = ec;
        if (n != 0 || over()) {
            starved_ = false;
            arrived_.wake();
        } else if (waiting_) {
            read(); // it was stopped with a wait that is over, and this is another one
        }
    }

    /// A wait is over.
    void waited(error_code ec) {
        waiting_ = false;
        if (ec == asio::error::operation_aborted && reading_)
            stop_.emit(asio::cancellation_type::total);
        dog_.relax(this->shared_from_this());
    }

    connection_ptr<S> connection_;
    read_space space_;
    bool reading_ = false;
    bool waiting_ = false;
    bool starved_ = true;
    bool ended_ = false;
    bool detached_ = false;
    error_code error_;
    std::optional<time_point> quiet_since_; // while somebody waits and nothing comes
    asio::cancellation_signal stop_;
    gate arrived_;
    watchdog<executor_type> dog_;
};

} // namespace streamx::io::detail
