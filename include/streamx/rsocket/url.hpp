#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace streamx::rsocket {

/// Why a text is no URL of an RSocket endpoint. All are `boost::system::errc::invalid_argument`.
enum class url_error {
    no_scheme = 1,  ///< it does not begin with `scheme://`
    unknown_scheme, ///< another scheme than `tcp`, `tls`, `unix`, `ws` and `wss`
    no_host,        ///< none at all, or none to connect to
    no_port,        ///< `tcp` and `tls` have no port of their own
    bad_port,       ///< not a number from 0 to 65535
    bad_path,       ///< a path in a `tcp` or `tls` URL, or a character that none may contain
    no_file,        ///< `unix` without an absolute path
};

const boost::system::error_category& url_category() noexcept;
boost::system::error_code make_error_code(url_error e) noexcept;

/// Where an RSocket endpoint is: `tcp://host:port`, `tls://host:port`, `unix:///path`,
/// `ws://host:port/path`, `wss://host:port/path`. A WebSocket's port and path may be left out; an IPv6
/// address stands in brackets. `scheme://:port`, without a host, is every address of this machine: there
/// one can listen, and not connect.
struct url {
    enum class scheme { tcp, tls, unix_socket, ws, wss };

    scheme how{};
    std::string host = {}; ///< without the brackets of an IPv6 address; empty: every address
    std::string port = {};
    std::string path = {}; ///< of `ws` and `wss`, with its query; of `unix`, the file

    /// Throws a `boost::system::system_error` with a `url_error`, whose text quotes the URL.
    static url parse(std::string_view text);

    bool secure() const noexcept { return how == scheme::tls || how == scheme::wss; }
    bool websocket() const noexcept { return how == scheme::ws || how == scheme::wss; }
    /// `host:port`, with the brackets.
    std::string authority() const;
    std::string to_string() const;
};

} // namespace streamx::rsocket

template <>
struct boost::system::is_error_code_enum<streamx::rsocket::url_error> : std::true_type {};
