#include <streamx/io/websocket.hpp>

#include <streamx/core/error.hpp>
#include <streamx/io/detail/timed.hpp>

#include "http_io.hpp"
#include "http_parser.hpp"

#include <boost/system/system_error.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {
namespace {

namespace sys = boost::system;
using detail::websocket_decoder;
using detail::websocket_encoder;
using detail::websocket_opcode;
using detail::websocket_role;

class close_code_category_type final : public sys::error_category {
public:
    constexpr close_code_category_type() noexcept : sys::error_category(0x73747265616d7833) {}

    const char* name() const noexcept override { return "streamx.websocket"; }
    std::string message(int value) const override {
        switch (static_cast<close_code>(value)) {
        case close_code::normal:
            return "the WebSocket was closed";
        case close_code::going_away:
            return "the WebSocket was closed: going away";
        case close_code::protocol_error:
            return "the WebSocket was closed: protocol error";
        case close_code::unsupported_data:
            return "the WebSocket was closed: data of a kind that is not accepted";
        case close_code::none:
            return "the WebSocket was closed without a code";
        case close_code::abnormal:
            return "the WebSocket's connection ended without a close";
        case close_code::bad_payload:
            return "the WebSocket was closed: a message is not what it should be";
        case close_code::policy:
            return "the WebSocket was closed: policy violation";
        case close_code::too_big:
            return "the WebSocket was closed: a message is too big";
        case close_code::needs_extension:
            return "the WebSocket was closed: an extension is needed";
        case close_code::internal_error:
            return "the WebSocket was closed: internal error";
        case close_code::restart:
            return "the WebSocket was closed: restart";
        case close_code::try_again_later:
            return "the WebSocket was closed: try again later";
        }
        return "the WebSocket was closed with code " + std::to_string(value);
    }
    sys::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<close_code>(value)) {
        case close_code::protocol_error:
        case close_code::bad_payload:
            return condition::protocol_violation;
        default:
            return condition::closed;
        }
    }
};

constexpr close_code_category_type close_code_instance;

void put_close(
    detail::outbox<transport>& box, websocket_role role, close_code code, std::string_view reason) {
    std::string payload;
    if (code != close_code::none) {
        const auto number = static_cast<unsigned>(code);
        payload += static_cast<char>(number >> 8);
        payload += static_cast<char>(number);
        payload += reason;
    }
    box.put([&](write_buffer& out) {
        websocket_encoder::write(role, websocket_opcode::close, payload, out);
    });
    box.close();
}

} // namespace

const sys::error_category& close_code_category() noexcept { return close_code_instance; }
sys::error_code make_error_code(close_code code) noexcept {
    return {static_cast<int>(code), close_code_instance};
}

void detail::websocket_pinger::on_deadline() {
    since_ = dog_.now();
    if (const auto out = out_.lock(); out && out->open() && out->has_room())
        out->put([this](write_buffer& to) {
            websocket_encoder::write(role_, websocket_opcode::ping, {}, to);
        });
    dog_.watch(shared_from_this());
}

websocket_stream::websocket_stream(
    detail::half<detail::reader<transport>> in,
    const std::shared_ptr<outbox>& out,
    websocket_role role,
    websocket_decoder decoder,
    endpoint_limits::duration ping,
    std::string subprotocol)
    : in_(std::move(in)), out_(out), role_(role), decoder_(std::move(decoder)),
      pinger_(std::make_shared<detail::websocket_pinger>(in_->get_executor(), out, role, ping)),
      subprotocol_(std::move(subprotocol)) {}

void websocket_stream::say_close(close_code why) {
    if (const auto out = out_.lock(); out && out->open())
        put_close(*out, role_, why, {});
}

poll<websocket_message> websocket_stream::try_next() { return read_into(nullptr); }

poll<websocket_message> websocket_stream::read_into(asio::mutable_buffer* into) {
    while (!closed_) {
        std::string_view bytes = in_->bytes();
        std::optional<websocket_decoder::event> event;
        try {
            event = decoder_.decode(bytes, into);
        } catch (const sys::system_error& e) {
            const auto why = static_cast<close_code>(e.code().value());
            say_close(why);
            throw sys::system_error(
                why == close_code::too_big ? errc::message_too_big : errc::malformed, "websocket");
        }
        in_->remain(bytes);
        if (!event) {
            if (into && into->size() == 0)
                return pending; // and there may be more
            if (!in_->over()) {
                in_->starve();
                return pending;
            }
            if (const auto out = out_.lock())
                out->close(); // who sends is to know as well
            if (in_->ended())
                throw sys::system_error(close_code::abnormal, "websocket");
            throw sys::system_error(in_->error(), "websocket");
        }
        switch (event->what) {
        case websocket_opcode::ping:
            if (const auto out = out_.lock(); out && out->open() && out->has_room())
                out->put([&](write_buffer& to) {
                    websocket_encoder::write(role_, websocket_opcode::pong, event->data, to);
                });
            break;
        case websocket_opcode::pong:
            break;
        case websocket_opcode::close:
            say_close(event->code);
            closed_ = true;
            if (event->code != close_code::normal && event->code != close_code::going_away &&
                event->code != close_code::none)
                throw sys::system_error(
                    event->code,
                    event->data.empty() ? std::string("websocket") : "websocket: " + event->data);
            break;
        default:
            if (into && event->data.empty())
                break;
            return websocket_message{
                std::move(event->data), event->what == websocket_opcode::binary};
        }
    }
    return end;
}

websocket_sink::websocket_sink(
    const detail::connection_ptr<transport>& c, websocket_role role, bool compress)
    : base(c, websocket_encoder(role, compress)), role_(role) {}

websocket_sink::~websocket_sink() {
    if (box())
        close();
}

void websocket_sink::close(close_code code, std::string_view reason) {
    if (is_open())
        put_close(*box(), role_, code, reason);
}

void websocket_sink::close(const std::exception_ptr& failure) {
    const auto ec = to_error_code(failure);
    close(
        ec.category() == close_code_category() ? static_cast<close_code>(ec.value())
                                               : close_code::internal_error);
}

namespace detail {
namespace {

std::string base64(const unsigned char* data, std::size_t size) {
    std::string text(4 * ((size + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), data, static_cast<int>(size));
    return text;
}

/// What a server answers to a key (RFC 6455, section 4.2.2).
std::string accept_of(std::string_view key) {
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
        throw sys::system_error(
            sys::errc::make_error_code(sys::errc::not_supported), "websocket: no SHA-1");
    return base64(digest.data(), size);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

constexpr std::string_view deflate_offer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Whether an extension field offers, or agrees to, deflating: then it is in its first word, and its
/// window is not made smaller, which nobody here could keep to.
bool has_deflate(std::string_view extensions) {
    while (!extensions.empty()) {
        const auto comma = std::min(extensions.find(','), extensions.size());
        const auto one = extensions.substr(0, comma);
        const auto name = one.substr(0, one.find(';'));
        if (name.find("permessage-deflate") != std::string_view::npos &&
            one.find("server_max_window_bits=") == std::string_view::npos)
            return true;
        extensions.remove_prefix(std::min(comma + 1, extensions.size()));
    }
    return false;
}

/// Why this request is not one for a WebSocket, as the answer that it gets; empty: it is.
std::string refusal(const http_head& request) {
    if (!request.has_token("Upgrade", "websocket") || !request.has_token("Connection", "upgrade"))
        return http_answer(426, "this is a WebSocket", {{"Upgrade", "websocket"}});
    if (request["Sec-WebSocket-Version"] != "13")
        return http_answer(426, "WebSocket version 13 it is", {{"Sec-WebSocket-Version", "13"}});
    if (request.method != "GET" || request["Sec-WebSocket-Key"].size() != 24)
        return http_answer(400, "not a WebSocket handshake", {});
    return {};
}

asio::awaitable<websocket_ptr> accepted(transport t, websocket_options options) {
    http_peer peer(std::move(t), options.limits);
    http_parser parser(http_parser::kind::request, options.limits);
    std::exception_ptr bad;
    try {
        co_await read_head(peer, parser);
    } catch (...) {
        bad = std::current_exception();
    }
    if (bad) {
        if (const auto text = http_reproach(to_error_code(bad)); !text.empty())
            co_await write_all(peer, text);
        std::rethrow_exception(bad);
    }
    auto no = refusal(parser.head());
    if (no.empty() && !options.path.empty() && parser.head().path() != options.path)
        no = http_answer(404, "there is nothing here", {});
    if (!no.empty()) {
        co_await write_all(peer, no);
        throw sys::system_error(errc::not_websocket, "websocket");
    }
    co_return std::make_unique<websocket>(upgrade(std::move(peer), parser.head(), options));
}

asio::awaitable<websocket_ptr>
connected(transport t, std::string host, std::string target, websocket_options options) {
    std::array<unsigned char, 16> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
        throw sys::system_error(
            sys::errc::make_error_code(sys::errc::resource_unavailable_try_again));
    const auto key = base64(random.data(), random.size());
    auto fields = options.fields;
    fields.insert(
        fields.begin(),
        {{"Host", std::move(host)},
         {"Upgrade", "websocket"},
         {"Connection", "Upgrade"},
         {"Sec-WebSocket-Key", key},
         {"Sec-WebSocket-Version", "13"}});
    if (!options.subprotocols.empty())
        fields.emplace_back("Sec-WebSocket-Protocol", joined(options.subprotocols));
    if (options.deflate)
        fields.emplace_back("Sec-WebSocket-Extensions", std::string(deflate_offer));

    http_peer peer(std::move(t), options.limits);
    co_await write_all(peer, http_request_head("GET", target, fields));
    http_parser parser(http_parser::kind::response, options.limits);
    co_await read_head(peer, parser);
    const auto& response = parser.head();
    const bool compress = has_deflate(response["Sec-WebSocket-Extensions"]);
    std::string subprotocol(response["Sec-WebSocket-Protocol"]);
    const bool known =
        subprotocol.empty() ||
        std::ranges::find(options.subprotocols, subprotocol) != options.subprotocols.end();
    if (response.status != 101 || !response.has_token("Upgrade", "websocket") ||
        !response.has_token("Connection", "upgrade") ||
        response["Sec-WebSocket-Accept"] != accept_of(key) || !known ||
        (compress && !options.deflate) ||
        (!compress && !response["Sec-WebSocket-Extensions"].empty()))
        throw sys::system_error(errc::not_websocket, "websocket");
    co_return std::make_unique<websocket>(websocket_access::make(
        std::move(peer), websocket_role::client, options, compress, std::move(subprotocol), {}));
}

} // namespace

websocket websocket_access::make(
    http_peer peer,
    websocket_role role,
    const websocket_options& options,
    bool compress,
    std::string subprotocol,
    std::string_view head) {
    peer.shared->limits = options.limits;
    websocket_sink out(peer.shared, role, compress);
    auto& box = *out.box();
    if (!head.empty())
        box.put([&](write_buffer& to) { to.append(head); });
    websocket_stream in(
        std::move(peer.in),
        box.shared_from_this(),
        role,
        websocket_decoder(role, options.limits.message, compress),
        options.ping,
        std::move(subprotocol));
    return {std::move(in), std::move(out)};
}

void check_upgrade(const http_head& request) {
    if (!refusal(request).empty())
        throw sys::system_error(errc::not_websocket, "websocket");
}

websocket upgrade(http_peer peer, const http_head& request, const websocket_options& options) {
    const bool compress = options.deflate && has_deflate(request["Sec-WebSocket-Extensions"]);
    std::string subprotocol;
    for (const auto& offered : options.subprotocols)
        if (request.has_token("Sec-WebSocket-Protocol", offered)) {
            subprotocol = offered;
            break;
        }
    std::vector<std::pair<std::string, std::string>> fields{
        {"Upgrade", "websocket"},
        {"Connection", "Upgrade"},
        {"Sec-WebSocket-Accept", accept_of(request["Sec-WebSocket-Key"])}};
    if (!subprotocol.empty())
        fields.emplace_back("Sec-WebSocket-Protocol", subprotocol);
    if (compress)
        fields.emplace_back("Sec-WebSocket-Extensions", std::string(deflate_offer));
    return websocket_access::make(
        std::move(peer),
        websocket_role::server,
        options,
        compress,
        std::move(subprotocol),
        http_response_head(101, fields));
}

void accept_websocket(transport t, websocket_options options, websocket_handler handler) {
    const auto ex = t.get_executor();
    const auto limit = options.limits.handshake;
    run_timed(ex, limit, accepted(std::move(t), std::move(options)), std::move(handler));
}

void connect_websocket(
    transport t,
    std::string host,
    std::string target,
    websocket_options options,
    websocket_handler handler) {
    const auto ex = t.get_executor();
    const auto limit = options.limits.handshake;
    run_timed(
        ex,
        limit,
        connected(std::move(t), std::move(host), std::move(target), std::move(options)),
        std::move(handler));
}

} // namespace detail
} // namespace streamx::io
