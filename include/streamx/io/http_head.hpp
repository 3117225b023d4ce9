#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::io {

/// What stands before the body of an HTTP request or response (RFC 9112).
struct http_head {
    std::string method = {}; ///< of a request: "GET"
    std::string target = {}; ///< of a request: "/events?from=7"
    unsigned status = 0;     ///< of a response
    unsigned version = 11;   ///< 11 is HTTP/1.1
    std::vector<std::pair<std::string, std::string>> fields = {};
    bool keep_alive = false; ///< whether another message may follow on the connection

    /// The value of a header field, whatever the case of its name; empty if there is none.
    std::string_view operator[](std::string_view name) const noexcept;
    /// Whether a comma-separated field contains this word, whatever its case.
    bool has_token(std::string_view name, std::string_view word) const noexcept;

    /// The target without its query.
    std::string_view path() const noexcept;
    /// The value of a parameter of the query, with `%41` and `+` decoded; empty if there is none.
    std::string query(std::string_view name) const;
};

} // namespace streamx::io
