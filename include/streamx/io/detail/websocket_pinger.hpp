#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/detail/watchdog.hpp>
#include <streamx/io/detail/websocket_codec.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx::io::detail {

/// Sends a ping when nothing has come for a while that somebody waits for.
class websocket_pinger : public std::enable_shared_from_this<websocket_pinger> {
public:
    websocket_pinger(
        const asio::any_io_executor& ex,
        std::weak_ptr<outbox<transport>> out,
        websocket_role role,
        endpoint_limits::duration every)
        : executor_(ex), out_(std::move(out)), role_(role), every_(every), dog_(ex) {}

    /// Somebody waits, or does not any more.
    void begin() {
        if (every_ == endpoint_limits::no_deadline)
            return;
        since_ = dog_.now();
        dog_.watch(shared_from_this());
    }
    void end() {
        since_.reset();
        dog_.relax(shared_from_this());
    }
    /// For good.
    void stop() {
        since_.reset();
        dog_.stop();
    }

    asio::any_io_executor get_executor() const noexcept { return executor_; }
    watchdog<asio::any_io_executor>& dog() noexcept { return dog_; }
    std::optional<time_point> deadline() const noexcept {
        if (!since_)
            return {};
        return streamx::detail::later(*since_, every_);
    }
    void on_deadline();

private:
    asio::any_io_executor executor_;
    std::weak_ptr<outbox<transport>> out_;
    websocket_role role_;
    endpoint_limits::duration every_;
    std::optional<time_point> since_;
    watchdog<asio::any_io_executor> dog_;
};

/// A wait during which pings are sent.
template <class Handler>
struct pinged_op : streamx::detail::bound_handler<Handler, asio::any_io_executor> {
    pinged_op(
        Handler handler,
        const asio::any_io_executor& ex,
        const std::shared_ptr<websocket_pinger>& p)
        : streamx::detail::bound_handler<Handler, asio::any_io_executor>(std::move(handler), ex),
          pinger(p) {}

    void operator()(error_code ec) {
        if (const auto alive = std::exchange(pinger, {}).lock();
            alive && ec != errc::operation_in_progress)
            alive->end();
        std::move(this->handler())(ec);
    }

    std::weak_ptr<websocket_pinger> pinger;
};

} // namespace streamx::io::detail
