#pragma once

#include <streamx/io/http.hpp>

#include <unit/io/support.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace streamx::testing {

using asio::awaitable;
using io::http_exchange;

inline const std::string get = "GET /path?a=1&b=x%20y+z HTTP/1.1\r\nHost: x\r\nX-Two: 2\r\n\r\n";

/// One connection of a server, which answers with what a test says.
struct http_fixture : connection_test {
    void SetUp() override { connect(); }

    void serve(io::http_handler handler, const io::endpoint_limits& limits = {}) {
        served = {};
        served.start([&](auto h) {
            asio::co_spawn(
                ctx, io::http_connection(take(), std::move(handler), limits), std::move(h));
        });
    }
    static awaitable<void> text(http_exchange& x) {
        co_await x.respond(200, "text/plain", std::string(x.request().path()));
    }
    /// What one request is answered with.
    std::string answer(
        io::http_handler handler,
        const std::string& request,
        const io::endpoint_limits& limits = {}) {
        connect();
        serve(std::move(handler), limits);
        say(request);
        return heard();
    }

    completion_probe<> served;
};

inline std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

/// How many answers that say yes there are in it.
inline std::size_t answers_in(const std::string& got) {
    std::size_t n = 0;
    for (auto at = got.find("HTTP/1.1 200"); at != std::string::npos;
         at = got.find("HTTP/1.1 200", at + 1))
        ++n;
    return n;
}

} // namespace streamx::testing
