#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/http_head.hpp>

#include "http_parser.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::io::detail {

using http_field_list = std::vector<std::pair<std::string, std::string>>;

/// Heads as they are sent; `errc::unencodable` for what would break out of its line.
std::string
http_request_head(std::string_view method, std::string_view target, const http_field_list& fields);
std::string http_response_head(unsigned status, const http_field_list& fields);

/// A whole response with a short text, after which the connection is closed.
std::string http_answer(unsigned status, std::string_view text, http_field_list fields);
/// The answer to a client that has broken a rule or a limit; empty: none.
std::string http_reproach(const error_code& why);

/// Reads until the parser has a head. Throws `errc::truncated` when the input ends first, and `eof` when it
/// ends before anything has come.
asio::awaitable<void> read_head(http_peer& peer, http_parser& parser);

/// Writes all of it: only while there is no outbox.
asio::awaitable<void> write_all(http_peer& peer, std::string_view bytes);

} // namespace streamx::io::detail
