// Options that make no sense are refused where they are given, and the error says which.

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

using namespace std::chrono_literals;

template <class Options>
using changes = std::vector<std::pair<std::string, void (*)(Options&)>>;

/// Those that both have.
template <class Options>
changes<Options> common() {
    return {
        {"window must be at least 1", [](Options& o) { o.window = 0; }},
        {"window_bytes must be at least 1", [](Options& o) { o.window_bytes = 0; }},
        {"fragment must be at least 64", [](Options& o) { o.fragment = 63; }},
        {"limits.unfinished_bytes must be at least 1",
         [](Options& o) { o.limits.unfinished_bytes = 0; }},
    };
}

/// What is said of it, or nothing.
template <class F>
std::string refusal(F f) {
    try {
        f();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

TEST(rsocket_options_test, a_client_refuses_what_makes_no_sense) {
    asio::io_context ctx;
    auto all = common<client_options>();
    all.insert(
        all.end(),
        {{"keepalive must be at least 1 ms", [](client_options& o) { o.keepalive = 0ms; }},
         {"lifetime must not be negative", [](client_options& o) { o.lifetime = -1ms; }}});
    for (const auto& [rule, change] : all) {
        client_options o;
        change(o);
        const auto said = refusal([&] {
            async_connect(
                ctx.get_executor(),
                "tcp://127.0.0.1:1",
                o,
                [](boost::system::error_code, const client&) { ADD_FAILURE() << "it has begun"; });
        });
        EXPECT_EQ(said, "client_options: " + rule);
    }
    EXPECT_EQ(ctx.run(), 0U);
}

TEST(rsocket_options_test, a_server_refuses_what_makes_no_sense) {
    asio::io_context ctx;
    auto all = common<server_options>();
    all.insert(
        all.end(),
        {{"max_credit must be at least 1", [](server_options& o) { o.max_credit = 0; }},
         {"lifetime must be at least 1 ms", [](server_options& o) { o.lifetime = 0ms; }}});
    for (const auto& [rule, change] : all) {
        server_options o;
        change(o);
        EXPECT_EQ(refusal([&] { server(ctx.get_executor(), o); }), "server_options: " + rule);
    }
}

} // namespace
} // namespace streamx::rsocket
