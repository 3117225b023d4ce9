#pragma once

#include <streamx/core/asio.hpp>

#include <string>
#include <string_view>

namespace streamx::rsocket {

/// `tcp://host:port`, `tls://host:port`, `unix:///path`, `ws://host:port/path`, `wss://host:port/path`.
struct url {
    enum class scheme { tcp, tls, unix_socket, ws, wss };

    scheme how{};
    std::string host; // without the brackets of an IPv6 address
    std::string port;
    std::string path; // of ws and wss, with its query; of unix, the file

    /// Throws a `system_error` with `invalid_argument` that says what is wrong.
    static url parse(std::string_view text);

    bool secure() const noexcept { return how == scheme::tls || how == scheme::wss; }
    bool websocket() const noexcept { return how == scheme::ws || how == scheme::wss; }
    std::string to_string() const;
};

} // namespace streamx::rsocket
