#pragma once

#include <streamx/core/error.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace streamx::io {

namespace detail {

/// Closes the sink, then reads and throws away until the peer has closed its half as well.
template <class S, class Codec>
class shutdown_op {
    struct ends {
        framed_stream<S, Codec> in;
        framed_sink<S, Codec> out;
    };

public:
    shutdown_op(framed_stream<S, Codec> in, framed_sink<S, Codec> out)
        : ends_(std::make_unique<ends>(std::move(in), std::move(out))) {}

    template <class Self>
    void operator()(Self& self) {
        self.reset_cancellation_state(asio::enable_total_cancellation());
        auto& in = stream_access<S, Codec>::reader(ends_->in);
        in.end_by(streamx::detail::later(in.dog().now(), in.shared().limits.shutdown));
        auto& out = ends_->out; // what `self` owns moves with it, but this does not
        out.async_close(std::move(self));
    }

    template <class Self>
    void operator()(Self& self, error_code ec) {
        if (!ec && self.cancelled() != asio::cancellation_type::none)
            ec = asio::error::operation_aborted;
        auto& in = stream_access<S, Codec>::reader(ends_->in);
        if (!ec && !in.discard())
            return ends_->in.async_wait(std::move(self));
        if (!ec)
            ec = in.error();
        ends_.reset();
        self.complete(ec);
    }

private:
    std::unique_ptr<ends> ends_;
};

} // namespace detail

/// Ends a connection in good order: writes what is queued, tells the peer the end, reads and throws away
/// what the peer still sends until it has said its end too, and closes. A socket that is closed with
/// unread bytes in it instead takes back what the peer has not read yet.
/// @completes `void(error_code)` when the connection is closed, on the handler's associated executor, the
///            stream's by default; never inside this call
/// @errors  why the connection failed; `errc::write_stalled`; `errc::shutdown_timeout`: not done within
///          `endpoint_limits::shutdown`; `operation_aborted`: cancelled. It is closed then, too
/// @cancels total, partial, terminal; the connection is closed as by destroying both halves
/// @threads from the stream's executor; a borrowed stream of bytes stays alive until completion
template <class S, class Codec, class Token>
auto async_shutdown(framed_stream<S, Codec>&& in, framed_sink<S, Codec>&& out, Token&& token) {
    auto ex = in.get_executor();
    return asio::async_compose<Token, void(error_code)>(
        detail::shutdown_op<S, Codec>(std::move(in), std::move(out)), token, ex);
}

} // namespace streamx::io
