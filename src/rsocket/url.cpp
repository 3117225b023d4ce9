#include "url.hpp"

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace streamx::rsocket {
namespace {

constexpr std::array<std::pair<std::string_view, url::scheme>, 5> schemes{{
    {"tcp", url::scheme::tcp},
    {"tls", url::scheme::tls},
    {"unix", url::scheme::unix_socket},
    {"ws", url::scheme::ws},
    {"wss", url::scheme::wss},
}};

[[noreturn]] void bad(std::string_view text, const std::string& why) {
    throw boost::system::system_error(
        boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
        "'" + std::string(text) + "': " + why);
}

bool is_port(std::string_view s) {
    return !s.empty() && s.size() <= 5 &&
           std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           std::stoul(std::string(s)) <= 65535;
}

} // namespace

url url::parse(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos)
        bad(text, "not a URL such as tcp://host:port");
    url u;
    const auto* known = std::find_if(schemes.begin(), schemes.end(), [&](const auto& s) {
        return s.first == text.substr(0, colon);
    });
    if (known == schemes.end())
        bad(text, "none of tcp, tls, unix, ws and wss");
    u.how = known->second;
    auto rest = text.substr(colon + 3);
    if (u.how == scheme::unix_socket) {
        if (rest.size() < 2 || rest.front() != '/')
            bad(text, "not of the form unix:///path");
        u.path = rest;
        return u;
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    u.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
    if (!u.websocket() && u.path != "/")
        bad(text, "a path makes sense with ws and wss only");
    rest = rest.substr(0, slash);
    const auto last = rest.rfind(':');
    const bool has_port =
        last != std::string_view::npos && rest.find(']', last) == std::string_view::npos;
    if (has_port)
        u.port = rest.substr(last + 1);
    else if (u.websocket())
        u.port = u.secure() ? "443" : "80";
    auto host = rest.substr(0, has_port ? last : rest.size());
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    u.host = host;
    if (u.host.empty())
        bad(text, "there is no host in it");
    if (!is_port(u.port))
        bad(text, "the port is not a number from 0 to 65535");
    return u;
}

std::string url::to_string() const {
    const auto* s = std::find_if(
        schemes.begin(), schemes.end(), [this](const auto& known) { return known.second == how; });
    std::string text = std::string(s->first) + "://";
    if (how == scheme::unix_socket)
        return text + path;
    text += host.find(':') == std::string::npos ? host : "[" + host + "]";
    text += ":" + port;
    return websocket() ? text + path : text;
}

} // namespace streamx::rsocket
