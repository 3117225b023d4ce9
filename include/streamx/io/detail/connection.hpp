#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/socket_base.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace streamx::io {

/// Something that Asio reads from or writes to, given as an rvalue (to be owned) or as an lvalue (to
/// be borrowed: it must outlive what borrows it).
template <class S>
concept byte_stream_ref = !std::is_const_v<std::remove_reference_t<S>> && requires(S& s) {
    typename std::remove_reference_t<S>::executor_type;
    s.get_executor();
};

namespace detail {

/// Closes a stream, as far as its type can be closed. What goes wrong then is nobody's concern.
template <class S>
void close_stream(S& s) {
    [[maybe_unused]] error_code ignored;
    if constexpr (requires { s.lowest_layer().close(ignored); })
        s.lowest_layer().close(ignored);
    else if constexpr (requires { s.close(ignored); })
        s.close(ignored);
    else if constexpr (requires { s.close(); })
        s.close();
}

/// What has a socket at its bottom, of whose closing a reset can be made. A serial port has a `set_option`
/// too, which does not compile with this one.
template <class S>
concept resettable = requires(S& s, error_code& ec) {
    s.lowest_layer().set_option(asio::socket_base::linger(), ec);
} && !requires(S& s) { s.lowest_layer().send_break(); };

/// Closes a stream so that the peer does not take it for an end, where that can be said.
template <class S>
void reset_stream(S& s) {
    [[maybe_unused]] error_code ignored;
    if constexpr (resettable<S>)
        s.lowest_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    close_stream(s);
}

/// Tells the peer that no more comes, and calls `done(error_code)`: at once, or later where the stream
/// needs an operation for it (TLS). What knows no half close is left as it is.
template <class S, class Done>
void end_writes(S& s, Done done) {
    error_code ec;
    if constexpr (requires { s.async_shutdown(std::move(done)); }) {
        s.async_shutdown(std::move(done));
    } else {
        if constexpr (requires { s.shutdown(asio::socket_base::shutdown_send, ec); })
            s.shutdown(asio::socket_base::shutdown_send, ec);
        else if constexpr (requires { s.socket().shutdown(asio::socket_base::shutdown_send, ec); })
            s.socket().shutdown(asio::socket_base::shutdown_send, ec);
        std::move(done)(ec);
    }
}

/// A stream and what its halves share. `S` is a value (owned) or a reference (borrowed).
template <class S>
class connection {
public:
    using stream_type = std::remove_reference_t<S>;
    using executor_type = typename stream_type::executor_type;
    static constexpr bool owned = !std::is_reference_v<S>;

    connection(S&& s, const endpoint_limits& l)
        : stream(std::forward<S>(s)), limits(l), executor_(stream.get_executor()) {}

    executor_type get_executor() noexcept {
        if constexpr (owned)
            return stream.get_executor();
        else
            return executor_;
    }

    /// One of those who use the stream is done with it; the last one closes it, if it is ours.
    void join() noexcept { ++users_; }
    void leave() {
        if (--users_ == 0)
            if constexpr (owned)
                close_stream(stream);
    }

    S stream;
    endpoint_limits limits;

private:
    struct nothing {
        explicit nothing(const executor_type&) noexcept {}
    };

    /// A borrowed stream may be gone when somebody asks.
    [[no_unique_address]] std::conditional_t<owned, nothing, executor_type> executor_;
    unsigned users_ = 0;
};

template <class S>
using connection_ptr = std::shared_ptr<connection<S>>;

} // namespace detail
} // namespace streamx::io
