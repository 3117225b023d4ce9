#include "http_io.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/system/system_error.hpp>

namespace streamx::io::detail {
namespace {

namespace sys = boost::system;

void append_line(std::string& to, std::string_view line) {
    using namespace std::string_view_literals;
    if (line.find_first_of("\r\n\0"sv) != std::string_view::npos)
        throw sys::system_error(errc::unencodable, "http: a line's end in a header");
    to += line;
    to += "\r\n";
}

std::string head_of(std::string_view first, const http_field_list& fields) {
    std::string head;
    append_line(head, first);
    for (const auto& [name, value] : fields)
        append_line(head, name + ": " + value);
    return head + "\r\n";
}

} // namespace

std::string
http_request_head(std::string_view method, std::string_view target, const http_field_list& fields) {
    if (target.find(' ') != std::string_view::npos)
        throw sys::system_error(errc::unencodable, "http: a space in a target");
    return head_of(std::string(method) + " " + std::string(target) + " HTTP/1.1", fields);
}

std::string http_response_head(unsigned status, const http_field_list& fields) {
    const std::string reason(
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status)));
    return head_of("HTTP/1.1 " + std::to_string(status) + " " + reason, fields);
}

std::string http_answer(unsigned status, std::string_view text, http_field_list fields) {
    fields.emplace_back("Content-Type", "text/plain; charset=utf-8");
    fields.emplace_back("Content-Length", std::to_string(text.size() + 1));
    fields.emplace_back("Connection", "close");
    return http_response_head(status, fields) + std::string(text) + "\n";
}

std::string http_reproach(const error_code& why) {
    if (why == errc::header_too_long)
        return http_answer(431, "the header is too long", {});
    if (why == errc::handshake_timeout)
        return http_answer(408, "the request has not come in time", {});
    if (why == errc::malformed)
        return http_answer(400, "this is not HTTP/1.1", {});
    return {};
}

asio::awaitable<void> read_head(http_peer& peer, http_parser& parser) {
    bool first = true;
    for (;;) {
        auto bytes = peer.in->bytes();
        first = first && bytes.empty();
        parser.put(bytes);
        peer.in->remain(bytes);
        if (parser.has_head())
            co_return;
        if (peer.in->over()) {
            if (!peer.in->ended())
                throw sys::system_error(peer.in->error(), "http");
            if (first)
                throw sys::system_error(asio::error::eof, "http");
            throw sys::system_error(errc::truncated, "http");
        }
        peer.in->starve();
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
            [&](auto handler) { peer.in->async_wait(std::move(handler)); }, asio::use_awaitable);
    }
}

asio::awaitable<void> write_all(http_peer& peer, std::string_view bytes) {
    co_await asio::async_write(
        peer.shared->stream, asio::buffer(bytes.data(), bytes.size()), asio::use_awaitable);
}

} // namespace streamx::io::detail
