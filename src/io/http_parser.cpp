#include "http_parser.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

namespace streamx::io::detail {
namespace {

namespace http = boost::beast::http;

/// A body that is taken away as it comes: nothing is reserved for a length that the peer has named.
struct piece_body {
    using value_type = std::string;

    struct reader {
        template <bool IsRequest, class Fields>
        reader(http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}

        void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& ec) { ec = {}; }
        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& ec) {
            ec = {};
            std::size_t size = 0;
            const auto last = asio::buffer_sequence_end(buffers);
            for (auto at = asio::buffer_sequence_begin(buffers); at != last; ++at) {
                const asio::const_buffer b(*at);
                body_.append(static_cast<const char*>(b.data()), b.size());
                size += b.size();
            }
            return size;
        }
        void finish(boost::beast::error_code& ec) { ec = {}; }

    private:
        value_type& body_;
    };
};

constexpr std::string_view last_chunk = "0\r\n\r\n";

using request_parser = http::request_parser<piece_body>;
using response_parser = http::response_parser<piece_body>;

[[noreturn]] void fail(const boost::beast::error_code& ec) {
    const auto why = ec == http::error::header_limit || ec == http::error::buffer_overflow
                         ? errc::header_too_long
                     : ec == http::error::partial_message || ec == http::error::end_of_stream
                         ? errc::truncated
                         : errc::malformed;
    throw boost::system::system_error(why, "http: " + ec.message());
}

template <class Message>
http_head head_of(const Message& message) {
    http_head head;
    if constexpr (requires { message.method_string(); }) {
        head.method = std::string(message.method_string());
        head.target = std::string(message.target());
    } else {
        head.status = message.result_int();
    }
    for (const auto& field : message)
        head.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
    head.version = message.version();
    head.keep_alive = message.keep_alive();
    return head;
}

} // namespace

struct http_parser::state {
    template <class F>
    auto with(F f) {
        return std::visit(std::move(f), parser);
    }

    std::variant<request_parser, response_parser> parser;
    http_head head;
    bool has_head = false;
    std::size_t least = 1; // bytes without which the parser is not to be asked
};

http_parser::http_parser(kind k, const endpoint_limits& limits)
    : state_(std::make_unique<state>()) {
    if (k == kind::response)
        state_->parser.emplace<response_parser>();
    const auto header = static_cast<std::uint32_t>(
        std::min<std::size_t>(limits.header, std::numeric_limits<std::uint32_t>::max()));
    state_->with([&](auto& p) {
        p.header_limit(header);
        p.body_limit(boost::none); // it is taken as it comes
    });
}
http_parser::~http_parser() = default;

void http_parser::put(std::string_view& in) {
    state_->with([&](auto& p) {
        while (in.size() >= state_->least && !p.is_done()) {
            // It stops behind the head, so that no trailer gets into that.
            p.eager(state_->has_head);
            boost::beast::error_code ec;
            in.remove_prefix(p.put(asio::buffer(in.data(), in.size()), ec));
            if (p.is_header_done() && !std::exchange(state_->has_head, true))
                state_->head = head_of(p.get());
            // Asked again within the line of a last chunk Beast 1.81 asserts that the shortest of them
            // (RFC 9112, 7.1) is there; so many bytes come behind any line of a chunk.
            const bool in_line = ec == http::error::need_more && state_->has_head && p.chunked();
            state_->least = in_line ? last_chunk.size() : 1;
            if (ec == http::error::need_more)
                break;
            if (ec)
                fail(ec);
        }
    });
}

void http_parser::put_end() {
    state_->with([](auto& p) {
        boost::beast::error_code ec;
        if (!p.is_done())
            p.put_eof(ec);
        if (ec)
            fail(ec);
    });
}

bool http_parser::has_head() const noexcept { return state_->has_head; }
bool http_parser::done() const noexcept {
    return state_->with([](auto& p) { return p.is_done(); });
}
const http_head& http_parser::head() const noexcept { return state_->head; }
std::string http_parser::take_body() {
    return state_->with([](auto& p) { return std::exchange(p.get().body(), {}); });
}

} // namespace streamx::io::detail
