#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/answer.hpp>
#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/write_buffer.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace streamx::nats {

/// Publishes each item as a message on a subject, without JetStream: who listens gets it, and nobody
/// says so. What had not left when the connection was lost is lost with it. It takes no more than the
/// connection has room for, and nothing while that is lost.
///
/// Thread safety: from one thread at a time.
template <io::encoder Codec = payload_codec>
class subject_sink {
    using item = typename Codec::value_type;

public:
    using value_type = item;
    using executor_type = asio::any_io_executor;

    /// Throws `std::invalid_argument` if the subject is none to publish on, or `buffered_bytes` is 0.
    subject_sink(const connection& c, publish_options options, Codec codec = Codec())
        : executor_(c.get_executor()), codec_(std::move(codec)),
          out_(detail::open_outlet(c.link(), std::move(options))) {}

    executor_type get_executor() const noexcept { return executor_; }

    /// Takes the item and returns true; or, without room or when closed, leaves it and returns false.
    /// What the codec throws takes nothing. A message that is too large for the server
    /// (`errc::message_too_large`) or a closed connection throws `boost::system::system_error`.
    bool try_send(item& i) {
        if (closed_ || !out_->has_room())
            return false;
        buffer_.clear();
        codec_.encode(std::move(i), buffer_);
        return out_->try_publish(buffer_.to_string());
    }
    bool try_send(item&& i) { return try_send(i); }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
    ///            never inside this call
    /// @errors  `errc::connection_closed`; `streamx::errc::closed`: it was closed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_answer<detail::nothing>(
            executor_,
            [out = out_, closed = closed_](const detail::answer_ptr<detail::nothing>& done) {
                if (closed)
                    done->complete(streamx::errc::closed);
                else
                    out->wait_for_room(done);
            },
            std::forward<Token>(token));
    }

    /// Waits until the server has everything that was sent before.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
    ///            never inside this call
    /// @errors  `asio::error::timed_out`: no word of it in 10 s; `errc::connection_closed`
    /// @cancels total, partial, terminal; it only waits
    /// @threads as the class
    template <class Token>
    auto async_flush(Token&& token) {
        return detail::async_answer<detail::nothing>(
            executor_,
            [out = out_](const detail::answer_ptr<detail::nothing>& done) { out->flush(done); },
            std::forward<Token>(token));
    }

    /// Takes no more items; what was taken still leaves.
    void close() noexcept { closed_ = true; }
    /// The same: there is no way to tell who listens.
    void close(std::exception_ptr) noexcept { closed_ = true; }

private:
    executor_type executor_;
    Codec codec_;
    std::shared_ptr<detail::subject_outlet> out_;
    io::write_buffer buffer_;
    bool closed_ = false;
};

} // namespace streamx::nats
