#include <streamx/io/tls.hpp>

#include <streamx/core/error.hpp>
#include <streamx/io/detail/timed.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {
namespace {

namespace ssl = asio::ssl;
namespace sys = boost::system;
using stream = ssl::stream<transport>;

/// The wire form of RFC 7301, section 3.1: each name behind its length.
std::string alpn_list(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) {
        if (name.empty() || name.size() > 255)
            throw sys::system_error(
                sys::errc::make_error_code(sys::errc::invalid_argument),
                "tls_options::alpn: a name has 1 to 255 characters");
        list += static_cast<char>(name.size());
        list += name;
    }
    return list;
}

/// Loads what is given as text or else in a file; `what` says what it is to who reads the error.
template <class FromText, class FromFile>
bool load(
    const std::string& text,
    const std::string& file,
    const std::string& what,
    FromText from_text,
    FromFile from_file) {
    error_code ec;
    if (!text.empty())
        from_text(asio::buffer(text), ec);
    else if (!file.empty())
        from_file(file, ec);
    else
        return false;
    if (ec)
        throw sys::system_error(ec, what + (text.empty() ? " " + file : std::string()));
    return true;
}

/// The failure of the peer's certificate, or success where it has none that we have a name for.
error_code of_verification(long result) {
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return errc::tls_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return errc::tls_wrong_host;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        return errc::tls_unknown_ca;
    default:
        return {};
    }
}

/// What OpenSSL says, in our words where we have some.
error_code translated(error_code ec, SSL* session) {
    if (ec == ssl::error::stream_truncated)
        return errc::tls_truncated;
    if (ec.category() != asio::error::get_ssl_category())
        return ec;
    switch (ERR_GET_REASON(static_cast<unsigned long>(ec.value()))) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        if (const auto why = of_verification(SSL_get_verify_result(session)))
            return why;
        return ec;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return errc::tls_no_certificate;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return errc::tls_expired;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return errc::tls_unknown_ca;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_UNEXPECTED_RECORD:
    case SSL_R_BAD_RECORD_TYPE:
        return errc::not_tls;
    default:
        return ec;
    }
}

} // namespace

struct tls_context::state {
    state(tls_role r, tls_options o)
        : role(r), options(std::move(o)), current(make(role, options)) {}

    static int choose(
        SSL*,
        const unsigned char** out,
        unsigned char* length,
        const unsigned char* in,
        unsigned in_length,
        void* list) {
        const auto& ours = *static_cast<const std::string*>(list);
        unsigned char* chosen = nullptr;
        if (SSL_select_next_proto(
                &chosen,
                length,
                reinterpret_cast<const unsigned char*>(ours.data()),
                static_cast<unsigned>(ours.size()),
                in,
                in_length) != OPENSSL_NPN_NEGOTIATED)
            return SSL_TLSEXT_ERR_ALERT_FATAL; // RFC 7301, section 3.2
        *out = chosen;
        return SSL_TLSEXT_ERR_OK;
    }

    /// A context and what it refers to.
    struct made {
        ssl::context context{ssl::context::tls};
        std::string alpn;
    };

    static std::shared_ptr<made> make(tls_role role, const tls_options& o) {
        auto m = std::make_shared<made>();
        auto& context = m->context;
        SSL_CTX* native = context.native_handle();
        SSL_CTX_set_min_proto_version(
            native, o.minimum == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);

        if (o.verify) {
            const bool given = load(
                o.ca,
                o.ca_file,
                "tls_options::ca",
                [&](auto text, error_code& ec) { context.add_certificate_authority(text, ec); },
                [&](const auto& file, error_code& ec) { context.load_verify_file(file, ec); });
            if (!given)
                context.set_default_verify_paths();
            context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
        }
        const bool certified = load(
            o.certificate,
            o.certificate_file,
            "tls_options::certificate",
            [&](auto text, error_code& ec) { context.use_certificate_chain(text, ec); },
            [&](const auto& file, error_code& ec) {
                context.use_certificate_chain_file(file, ec);
            });
        load(
            o.key,
            o.key_file,
            "tls_options::key",
            [&](auto text, error_code& ec) {
                context.use_private_key(text, ssl::context::pem, ec);
            },
            [&](const auto& file, error_code& ec) {
                context.use_private_key_file(file, ssl::context::pem, ec);
            });
        if (role == tls_role::server && !certified)
            throw sys::system_error(
                sys::errc::make_error_code(sys::errc::invalid_argument),
                "tls_options: a server needs a certificate");

        m->alpn = alpn_list(o.alpn);
        if (!m->alpn.empty() && role == tls_role::server)
            SSL_CTX_set_alpn_select_cb(native, &choose, &m->alpn);
        else if (!m->alpn.empty())
            SSL_CTX_set_alpn_protos(
                native,
                reinterpret_cast<const unsigned char*>(m->alpn.data()),
                static_cast<unsigned>(m->alpn.size()));
        return m;
    }

    std::shared_ptr<made> get() const {
        const std::lock_guard lock(mutex);
        return current;
    }

    const tls_role role;
    mutable std::mutex mutex;
    tls_options options;
    std::shared_ptr<made> current;
};

tls_context::tls_context(tls_role role, tls_options options)
    : state_(std::make_shared<state>(role, std::move(options))) {}

void tls_context::reload() {
    std::unique_lock lock(state_->mutex);
    auto options = state_->options;
    lock.unlock(); // files are read meanwhile
    reload(std::move(options));
}

void tls_context::reload(tls_options options) {
    auto made = state::make(state_->role, options);
    const std::lock_guard lock(state_->mutex);
    state_->options = std::move(options);
    state_->current.swap(made);
}

ssl_ctx_st* tls_context::native_handle() const { return state_->get()->context.native_handle(); }

tls_role tls_context::role() const noexcept { return state_->role; }

/// What a transport holds: the session, with errors in our words.
struct tls_stream::layer {
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = transport;

    /// The context stays for as long as the session refers to what it refers to.
    struct session {
        session(transport t, std::shared_ptr<tls_context::state::made> m)
            : made(std::move(m)), bytes(std::move(t), made->context) {}
        std::shared_ptr<tls_context::state::made> made;
        stream bytes;
    };

    struct translating {
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return handler.get_executor(); }
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return handler.get_cancellation_slot();
        }
        void operator()(error_code ec, std::size_t n) {
            ec = translated(ec, of->bytes.native_handle());
            of.reset();
            handler(ec, n);
        }

        streamx::detail::any_handler<error_code, std::size_t> handler;
        std::shared_ptr<session> of;
    };

    struct saying_goodbye {
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return handler.get_executor(); }
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return handler.get_cancellation_slot();
        }
        void operator()(error_code ec, std::size_t) {
            of.reset();
            record.reset();
            handler(ec);
        }

        streamx::detail::any_handler<error_code> handler;
        std::shared_ptr<session> of;
        std::shared_ptr<const std::string> record;
    };

    executor_type get_executor() { return tls->bytes.get_executor(); }
    transport& lowest_layer() { return tls->bytes.next_layer(); }

    template <class Buffers>
    void async_read_some(
        const Buffers& buffers, streamx::detail::any_handler<error_code, std::size_t> handler) {
        tls->bytes.async_read_some(buffers, translating{std::move(handler), tls});
    }
    template <class Buffers>
    void async_write_some(
        const Buffers& buffers, streamx::detail::any_handler<error_code, std::size_t> handler) {
        tls->bytes.async_write_some(buffers, translating{std::move(handler), tls});
    }
    /// Sends `close_notify` and does not wait for the peer's: reading goes on. Asio's own would read, and
    /// take what the peer still sends for a failure. Nothing else is being written when this is called.
    void async_shutdown(streamx::detail::any_handler<error_code> handler) {
        const auto record = std::make_shared<const std::string>(goodbye());
        asio::async_write(
            tls->bytes.next_layer(),
            asio::buffer(*record),
            saying_goodbye{std::move(handler), tls, record});
    }

    /// The record that says it; empty if it was said, or cannot be.
    std::string goodbye() const {
        SSL* native = tls->bytes.native_handle();
        BIO* usual = SSL_get_wbio(native);
        BIO* own = BIO_new(BIO_s_mem());
        if (!own)
            return {};
        BIO_up_ref(usual);
        BIO_up_ref(own);
        SSL_set0_wbio(native, own);
        if (SSL_shutdown(native) < 0)
            ERR_clear_error();
        SSL_set0_wbio(native, usual);
        char* data = nullptr;
        const auto size = BIO_get_mem_data(own, &data);
        std::string record(data, static_cast<std::size_t>(size));
        BIO_free(own);
        return record;
    }

    /// Says who the server must be.
    void expect(const std::string& host) const {
        SSL* native = tls->bytes.native_handle();
        error_code no_address;
        asio::ip::make_address(host, no_address);
        int ok = 1;
        if (!no_address) {
            ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), host.c_str());
        } else {
            SSL_set_hostflags(native, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            ok = SSL_set1_host(native, host.c_str()) &&
                 static_cast<int>(SSL_set_tlsext_host_name(native, host.c_str()));
        }
        if (!ok)
            throw sys::system_error(
                sys::errc::make_error_code(sys::errc::invalid_argument), "tls: the host's name");
    }

    static asio::awaitable<tls_stream> shake(layer l, tls_role role) {
        const auto type =
            role == tls_role::server ? ssl::stream_base::server : ssl::stream_base::client;
        auto session = l.tls;
        try {
            co_await session->bytes.async_handshake(type, asio::use_awaitable);
        } catch (const sys::system_error& e) {
            throw sys::system_error(translated(e.code(), session->bytes.native_handle()), "tls");
        }
        co_return tls_stream(std::move(l));
    }

    std::shared_ptr<session> tls;
};

tls_stream::tls_stream(layer l) {
    const SSL* session = l.tls->bytes.native_handle();
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(session, &name, &length);
    alpn_.assign(reinterpret_cast<const char*>(name), length);
    version_ = SSL_get_version(session);
    cipher_ = SSL_get_cipher_name(session);
    if (X509* certificate = SSL_get0_peer_certificate(session)) {
        const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new(BIO_s_mem()), BIO_free);
        X509_NAME_print_ex(
            text.get(),
            X509_get_subject_name(certificate),
            0,
            XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
        char* data = nullptr;
        const auto size = BIO_get_mem_data(text.get(), &data);
        peer_.assign(data, static_cast<std::size_t>(size));
    }
    transport::operator=(transport(std::move(l)));
}

void tls_stream::make(
    transport t,
    const tls_context& context,
    std::string host,
    const endpoint_limits& limits,
    made_handler handler) {
    const auto ex = t.get_executor();
    const auto role = context.role();
    const bool client = !host.empty();
    auto made = context.state_->get();
    const auto work = [](transport over,
                         std::shared_ptr<tls_context::state::made> with,
                         std::string name,
                         tls_role as,
                         bool wrong) -> asio::awaitable<tls_stream> {
        if (wrong)
            throw sys::system_error(sys::errc::make_error_code(sys::errc::invalid_argument));
        layer l{std::make_shared<layer::session>(std::move(over), std::move(with))};
        if (as == tls_role::client)
            l.expect(name);
        co_return co_await layer::shake(std::move(l), as);
    };
    detail::run_timed<tls_stream>(
        ex,
        limits.handshake,
        work(
            std::move(t),
            std::move(made),
            std::move(host),
            role,
            client != (role == tls_role::client)),
        std::move(handler));
}

} // namespace streamx::io
