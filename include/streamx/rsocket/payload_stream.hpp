#pragma once

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/rsocket/payload.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <utility>

namespace streamx::rsocket {

namespace detail {

/// Where the items of one stream from the peer wait for their consumer.
class inbox {
public:
    using gate = streamx::detail::gate<streamx::detail::null_lock>;

    virtual ~inbox() = default;
    virtual poll<payload> try_next() = 0;
    /// Nobody wants any more of them.
    virtual void abandon() noexcept = 0;

    asio::any_io_executor executor;
    std::shared_ptr<gate> ready = std::make_shared<gate>();
};

} // namespace detail

/// The items that the peer sends on one stream. It holds at most as many as the window of the
/// connection (`client_options::window`, `server_options::window`); the peer is asked for more when
/// half of them were taken, so a slow consumer makes a slow producer there.
///
/// It ends when the peer completes the stream, and fails with a `boost::system::system_error` in the
/// category of `rsocket::errc` with the peer's text if the peer fails it, `errc::closed`,
/// `errc::idle_timeout` or the transport's error if the connection is lost. Destroying it before tells
/// the peer to stop.
///
/// Used from the executor of the client or server that it came from.
class [[nodiscard]] payload_stream : public stream_interface<payload_stream> {
public:
    using value_type = payload;
    using executor_type = asio::any_io_executor;

    /// Made by a client, or given to a handler of a server.
    explicit payload_stream(std::shared_ptr<detail::inbox> inbox) noexcept
        : inbox_(std::move(inbox)) {}
    payload_stream(payload_stream&&) = default;
    payload_stream& operator=(payload_stream&& other) noexcept {
        payload_stream(std::move(other)).inbox_.swap(inbox_);
        return *this;
    }
    ~payload_stream() {
        if (inbox_)
            inbox_->abandon();
    }

    executor_type get_executor() const noexcept { return inbox_->executor; }
    poll<payload> try_next() { return inbox_->try_next(); }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto& inbox = self->inbox_;
            streamx::detail::async_wait_on(inbox->ready, inbox->executor, std::move(handler));
        }

        payload_stream* self;
    };

    std::shared_ptr<detail::inbox> inbox_;
};

} // namespace streamx::rsocket
