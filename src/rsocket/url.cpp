#include <streamx/rsocket/url.hpp>

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace streamx::rsocket {
namespace {

namespace sys = boost::system;

class category_type final : public sys::error_category {
public:
    constexpr category_type() noexcept : sys::error_category(0x73747265616d7835) {}

    const char* name() const noexcept override { return "rsocket.url"; }
    std::string message(int value) const override {
        switch (static_cast<url_error>(value)) {
        case url_error::no_scheme:
            return "not a URL such as tcp://host:port";
        case url_error::unknown_scheme:
            return "a URL's scheme is one of tcp, tls, unix, ws and wss";
        case url_error::no_host:
            return "there is no host in the URL";
        case url_error::no_port:
            return "there is no port in the URL";
        case url_error::bad_port:
            return "the URL's port is not a number from 0 to 65535";
        case url_error::bad_path:
            return "only ws and wss URLs have a path, of printable characters";
        case url_error::no_file:
            return "a unix URL is of the form unix:///path";
        }
        return "not a URL";
    }
    sys::error_condition default_error_condition(int) const noexcept override {
        return sys::errc::make_error_condition(sys::errc::invalid_argument);
    }
};

constexpr category_type instance;

constexpr std::array<std::pair<std::string_view, url::scheme>, 5> schemes{{
    {"tcp", url::scheme::tcp},
    {"tls", url::scheme::tls},
    {"unix", url::scheme::unix_socket},
    {"ws", url::scheme::ws},
    {"wss", url::scheme::wss},
}};

bool is_port(std::string_view s) {
    return !s.empty() && s.size() <= 5 &&
           std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           std::stoul(std::string(s)) <= 65535;
}

/// Nothing that would break out of the first line of an HTTP request.
bool is_target(std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

} // namespace

const sys::error_category& url_category() noexcept { return instance; }
error_code make_error_code(url_error e) noexcept { return {static_cast<int>(e), instance}; }

url url::parse(std::string_view text) {
    const auto require = [text](bool ok, url_error otherwise) {
        if (!ok)
            throw sys::system_error(otherwise, "'" + std::string(text) + "'");
    };
    const auto colon = text.find("://");
    require(colon != std::string_view::npos, url_error::no_scheme);
    const auto* known = std::find_if(schemes.begin(), schemes.end(), [&](const auto& s) {
        return s.first == text.substr(0, colon);
    });
    require(known != schemes.end(), url_error::unknown_scheme);
    url u{.how = known->second};
    auto rest = text.substr(colon + 3);
    if (u.how == scheme::unix_socket) {
        require(rest.size() >= 2 && rest.front() == '/', url_error::no_file);
        u.path = rest;
        return u;
    }
    const auto slash = std::min(rest.find_first_of("/?"), rest.size());
    u.path = rest.substr(slash);
    if (!u.path.starts_with('/'))
        u.path.insert(0, 1, '/');
    require(u.websocket() ? is_target(u.path) : u.path == "/", url_error::bad_path);
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
    require((has_port || !u.host.empty()) && is_target(u.host), url_error::no_host);
    require(has_port || u.websocket(), url_error::no_port);
    require(is_port(u.port), url_error::bad_port);
    return u;
}

std::string url::authority() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::string url::to_string() const {
    const auto* s = std::find_if(
        schemes.begin(), schemes.end(), [this](const auto& known) { return known.second == how; });
    const std::string begin = std::string(s->first) + "://";
    if (how == scheme::unix_socket)
        return begin + path;
    return begin + authority() + (websocket() ? path : std::string());
}

} // namespace streamx::rsocket
