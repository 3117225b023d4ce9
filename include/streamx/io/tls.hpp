#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/any_handler.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/transport.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace streamx::io {

enum class tls_role { client, server };
enum class tls_version { v1_2, v1_3 };

/// What a TLS endpoint shows and asks for. Certificates and keys are PEM: as text, or in files, which
/// `tls_context::reload` reads again.
struct tls_options {
    std::string ca = {}; ///< who is trusted; with no file either: whom the system trusts
    std::string ca_file = {};
    std::string certificate = {}; ///< our own and those between it and the root; a server needs one
    std::string certificate_file = {};
    std::string key = {}; ///< that of our own certificate
    std::string key_file = {};

    /// The peer's certificate must be signed by someone trusted, valid now and, for a client, made for
    /// the host that is connected to. For a server: its clients must have one (`false` does not even
    /// ask them).
    bool verify = true;
    std::vector<std::string> alpn = {}; ///< protocols, the preferred one first
    tls_version minimum = tls_version::v1_2;

    /// What a server starts from that does not ask its clients for certificates.
    static tls_options server(std::string certificate_file, std::string key_file) {
        tls_options options;
        options.certificate_file = std::move(certificate_file);
        options.key_file = std::move(key_file);
        options.verify = false;
        return options;
    }
};

/// What many TLS connections have in common. Copies are the same. Any number of threads may use it.
class tls_context {
public:
    /// Throws a `boost::system::system_error` that names the option or file that is not good.
    explicit tls_context(tls_role role, tls_options options = {});

    /// Reads the files again, or takes other options: for the connections that are made from now on.
    /// Those that there are go on undisturbed. If it throws, nothing has changed.
    void reload();
    void reload(tls_options options);

    /// What new connections are made of at this moment, to be set in ways that `tls_options` does not
    /// know. It lives until the next `reload`, and for as long as its connections.
    ssl_ctx_st* native_handle() const;

    tls_role role() const noexcept;

private:
    friend class tls_stream;
    struct state;
    std::shared_ptr<state> state_;
};

/// A TLS connection, as `async_tls_connect` and `async_tls_accept` make it: a `transport` that can say
/// what was agreed on.
///
/// Reading gives `eof` only after the peer has said that it is done; a connection that just breaks off
/// is `errc::tls_truncated`.
class tls_stream : public transport {
public:
    tls_stream() = default;

    const std::string& alpn() const noexcept { return alpn_; }       ///< empty: none was agreed on
    const std::string& version() const noexcept { return version_; } ///< "TLSv1.3"
    const std::string& cipher() const noexcept { return cipher_; }
    /// The subject of the peer's certificate, "CN = example.org"; empty without one.
    const std::string& peer() const noexcept { return peer_; }

    using made_handler = streamx::detail::any_handler<error_code, tls_stream>;
    static void make(
        transport t,
        const tls_context& context,
        std::string host,
        const endpoint_limits& limits,
        made_handler handler);

private:
    struct layer;
    explicit tls_stream(layer l);

    std::string alpn_, version_, cipher_, peer_;
};

namespace detail {

struct initiate_tls {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    template <class Handler>
    void operator()(
        Handler handler,
        transport t,
        const tls_context& context,
        std::string host,
        const endpoint_limits& limits) const {
        tls_stream::make(
            std::move(t),
            context,
            std::move(host),
            limits,
            streamx::detail::erased<error_code, tls_stream>(std::move(handler), executor));
    }

    executor_type executor;
};

} // namespace detail

/// Makes a TLS connection as a client over one that is there. `host` is what the server's certificate
/// must be for (a name or an address), and what the server is told (RFC 6066, section 3).
/// @completes `void(error_code, tls_stream)` on the handler's associated executor, the transport's by
///            default; never inside this call
/// @errors  `errc::tls_expired`, `tls_wrong_host`, `tls_unknown_ca`, `tls_no_certificate`, `not_tls`;
///          `errc::handshake_timeout`; `invalid_argument`: the context is a server's; others of
///          OpenSSL, in its category; those of the transport
/// @cancels total, partial, terminal; the connection is closed then
/// @threads from the transport's executor
template <class Token>
auto async_tls_connect(
    transport t,
    const tls_context& context,
    std::string host,
    const endpoint_limits& limits,
    Token&& token) {
    const auto ex = t.get_executor();
    return asio::async_initiate<Token, void(error_code, tls_stream)>(
        detail::initiate_tls{ex}, token, std::move(t), context, std::move(host), limits);
}
/// @copydoc async_tls_connect
template <class Token>
auto async_tls_connect(transport t, const tls_context& context, std::string host, Token&& token) {
    return async_tls_connect(
        std::move(t), context, std::move(host), endpoint_limits(), std::forward<Token>(token));
}

/// Makes a TLS connection as a server over one that is there.
/// @completes `void(error_code, tls_stream)` on the handler's associated executor, the transport's by
///            default; never inside this call
/// @errors  `errc::not_tls`: the client does not speak TLS; `errc::tls_no_certificate`, `tls_expired`,
///          `tls_unknown_ca`: of the client's certificate; `errc::handshake_timeout`;
///          `invalid_argument`: the context is a client's; others of OpenSSL, in its category; those
///          of the transport
/// @cancels total, partial, terminal; the connection is closed then
/// @threads from the transport's executor
template <class Token>
auto async_tls_accept(
    transport t, const tls_context& context, const endpoint_limits& limits, Token&& token) {
    const auto ex = t.get_executor();
    return asio::async_initiate<Token, void(error_code, tls_stream)>(
        detail::initiate_tls{ex}, token, std::move(t), context, std::string(), limits);
}
/// @copydoc async_tls_accept
template <class Token>
auto async_tls_accept(transport t, const tls_context& context, Token&& token) {
    return async_tls_accept(std::move(t), context, endpoint_limits(), std::forward<Token>(token));
}

} // namespace streamx::io
