// Real sockets on this machine: one client and one server for each kind of URL.

#include "session_support.hpp"

#include <rsocket/frame.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/resolve_and_connect.hpp>
#include <streamx/io/websocket.hpp>
#include <streamx/rsocket/url.hpp>

#include <unit/io/certificates.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <string>

namespace streamx::rsocket {
namespace {

using io::tls_context;
using io::tls_options;
using io::tls_role;

struct transports_test : session_fixture {
    const testing::certified authority = testing::make_authority();

    tls_context certified(const testing::certificate_request& request = {}) {
        const auto own = testing::make_certificate(authority, request);
        tls_options o;
        o.certificate = own.certificate;
        o.key = own.key;
        o.verify = false;
        return tls_context(tls_role::server, o);
    }
    tls_context trusting() {
        tls_options o;
        o.ca = authority.certificate;
        return tls_context(tls_role::client, o);
    }

    /// A server with something of each kind.
    std::string serve(const std::string& at) {
        srv.emplace(ctx.get_executor(), serving);
        srv->on_stream(
            "count", [this](const request& r) { return count_to(std::stoi(r.message.data)); });
        srv->on_channel("back", [](const request&, payload_stream in) { return in; });
        srv->on_response("echo", [](const request& r) { return r.message; });
        return srv->listen(at);
    }

    template <class Fn>
    void run(Fn fn) {
        ctx.restart(); // it stops when nobody listens
        run_with(std::move(fn), [&](auto done) {
            while (!done() && ctx.run_one_for(20s) != 0) {
            }
        });
    }

    asio::awaitable<client> connect(std::string to) {
        return async_connect(ctx.get_executor(), std::move(to), asking, asio::use_awaitable);
    }
    error_code refused(const std::string& to) {
        error_code ec;
        run([&]() -> asio::awaitable<void> {
            co_await async_connect(
                ctx.get_executor(), to, asking, asio::redirect_error(asio::use_awaitable, ec));
        });
        return ec;
    }

    void everything_works_over(const std::string& at) {
        const auto where = serve(at);
        SCOPED_TRACE(where);
        run([&]() -> asio::awaitable<void> {
            auto c = co_await connect(where);
            auto numbers = c.request_stream("count", payload("1000"));
            for (int i = 1; i <= 1000; ++i) {
                const auto item = co_await numbers.next();
                EXPECT_EQ(item ? item->data : "the end", std::to_string(i));
            }
            EXPECT_FALSE(co_await numbers.next());

            const std::string large(300'000, 'x'); // in fragments
            const auto echo =
                co_await c.async_request_response("echo", payload(large), asio::use_awaitable);
            EXPECT_EQ(echo.data, large);

            const auto back = co_await all(c.request_channel("back", count_to(100)));
            EXPECT_EQ(back.size(), 100U);
            EXPECT_EQ(back.back(), "100");
            co_await c.async_close(asio::use_awaitable);
        });
        run([&]() -> asio::awaitable<void> { co_await srv->async_stop(1s, asio::use_awaitable); });
        EXPECT_EQ(srv->connections(), 0U);
    }
};

TEST_F(transports_test, tcp) { everything_works_over("tcp://127.0.0.1:0"); }

TEST_F(transports_test, unix_socket) {
    const auto file = ::testing::TempDir() + "streamx-" + std::to_string(::getpid());
    everything_works_over("unix://" + file);
    EXPECT_NE(::access(file.c_str(), F_OK), 0); // nothing is left of it
}

TEST_F(transports_test, tls) {
    serving.tls = certified();
    asking.tls = trusting();
    everything_works_over("tls://localhost:0");
}

TEST_F(transports_test, websocket) { everything_works_over("ws://127.0.0.1:0/some/where"); }

TEST_F(transports_test, websocket_over_tls) {
    serving.tls = certified();
    asking.tls = trusting();
    everything_works_over("wss://localhost:0");
}

TEST_F(transports_test, a_certificate_is_verified_unless_something_else_is_asked_for) {
    serving.tls = certified();
    const auto at = serve("tls://localhost:0");
    EXPECT_EQ(refused(at), streamx::errc::tls_unknown_ca); // by what the system trusts
    EXPECT_EQ(refused("wss" + at.substr(3)), streamx::errc::tls_unknown_ca);
    asking.tls = trusting();
    EXPECT_EQ(refused(at), error_code());
    serving.tls = certified({.name = "example.org"});
    EXPECT_EQ(refused(serve("tls://localhost:0")), streamx::errc::tls_wrong_host);
    serving.tls = certified({.first_day = -3, .last_day = -2});
    EXPECT_EQ(refused(serve("tls://localhost:0")), streamx::errc::tls_expired);
}

TEST_F(transports_test, a_client_without_a_certificate_is_refused_where_one_is_wanted) {
    const auto own = testing::make_certificate(authority);
    tls_options o;
    o.certificate = own.certificate;
    o.key = own.key;
    o.ca = authority.certificate;
    serving.tls = tls_context(tls_role::server, o);
    const auto at = serve("tls://localhost:0");
    asking.tls = trusting();
    EXPECT_EQ(refused(at), streamx::errc::tls_no_certificate);
    EXPECT_EQ(srv->connections(), 0U);
    asking.tls = tls_context(tls_role::client, o);
    EXPECT_EQ(refused(at), error_code());
}

TEST_F(transports_test, what_speaks_another_protocol_is_its_own_error) {
    const auto plain = serve("tcp://localhost:0");
    EXPECT_EQ(refused("tls" + plain.substr(3)), streamx::errc::not_tls);
    const auto ws = serve("ws://localhost:0/here");
    EXPECT_EQ(refused(ws.substr(0, ws.rfind('/')) + "/there"), streamx::errc::not_websocket);
    EXPECT_EQ(refused(ws + "?with=query"), error_code());
}

TEST_F(transports_test, a_text_message_ends_a_connection_over_websocket) {
    const auto at = url::parse(serve("ws://127.0.0.1:0"));
    run([&]() -> asio::awaitable<void> {
        asio::ip::tcp::socket socket(ctx);
        const asio::ip::tcp::endpoint to(
            asio::ip::address_v4::loopback(), static_cast<asio::ip::port_type>(std::stoi(at.port)));
        co_await socket.async_connect(to, asio::use_awaitable);
        auto ws = co_await io::async_connect_websocket(
            io::transport(std::move(socket)),
            at.authority(),
            at.path,
            io::websocket_options(),
            asio::use_awaitable);
        EXPECT_TRUE(ws->out.try_send(io::websocket_message("hello", false)));
        EXPECT_FALSE(co_await ws->in.next());
    });
    EXPECT_EQ(srv->connections(), 0U);
}

TEST_F(transports_test, Framing__a_websocket_message_is_a_frame_without_its_length) {
    const auto at = url::parse(serve("ws://127.0.0.1:0"));
    const auto message = [](const frame& f) {
        std::string bytes;
        encode(f, bytes);
        return bytes.substr(length_size);
    };
    const frame setup{.type = frame_type::setup, .major = 1, .interval = 1000, .lifetime = 1000};
    const frame ping{.type = frame_type::keepalive, .flags = flags::respond, .data = "x"};
    run([&]() -> asio::awaitable<void> {
        auto transport = co_await io::resolve_and_connect(at.host, at.port);
        auto ws = co_await io::async_connect_websocket(
            io::transport(std::move(transport)),
            at.authority(),
            at.path,
            io::websocket_options(),
            asio::use_awaitable);
        EXPECT_TRUE(ws->out.try_send(io::websocket_message(message(setup), true)));
        EXPECT_TRUE(ws->out.try_send(io::websocket_message(message(ping), true)));
        const auto answer = co_await ws->in.next();
        EXPECT_EQ(
            answer ? answer->data : "the end",
            message({.type = frame_type::keepalive, .data = "x"}));
    });
}

TEST_F(transports_test, listening_for_tls_without_a_certificate_says_what_is_missing) {
    try {
        serve("tls://127.0.0.1:0");
        ADD_FAILURE();
    } catch (const system_error& e) {
        EXPECT_EQ(e.code(), boost::system::errc::invalid_argument);
        EXPECT_NE(std::string(e.what()).find("server_options::tls"), std::string::npos);
    }
    serving.tls = trusting(); // a client's
    EXPECT_THROW(serve("wss://127.0.0.1:0"), system_error);
}

TEST_F(transports_test, a_name_to_listen_at_is_looked_up_without_blocking) {
    serve("tcp://127.0.0.1:0");
    run([&]() -> asio::awaitable<void> {
        const auto at = co_await srv->async_listen("tcp://localhost:0", asio::use_awaitable);
        EXPECT_TRUE(at.starts_with("tcp://localhost:"));
        auto c = co_await connect(at);
        EXPECT_TRUE(c.is_open());
        for (const char* bad : {"tcp://no.such.host.invalid:0", "tcp://", "tls://localhost:0"}) {
            error_code ec;
            const std::string where =
                co_await srv->async_listen(bad, asio::redirect_error(asio::use_awaitable, ec));
            EXPECT_EQ(where, "");
            EXPECT_TRUE(ec) << bad;
        }
    });
}

TEST_F(transports_test, a_slow_handshake_holds_up_nobody_and_ends_in_time) {
    serving.limits.handshake = 200ms;
    serving.tls = certified();
    asking.tls = trusting();
    const auto at = serve("tls://localhost:0");
    run([&]() -> asio::awaitable<void> {
        auto slow = co_await io::resolve_and_connect("localhost", url::parse(at).port);
        auto c = co_await connect(at);
        EXPECT_TRUE(c.is_open());
        char byte = 0;
        error_code ec;
        co_await slow.async_read_some(
            asio::buffer(&byte, 1), asio::redirect_error(asio::use_awaitable, ec));
        EXPECT_TRUE(ec);
    });
    EXPECT_EQ(srv->connections(), 1U);
}

TEST(url_test, says_what_is_wrong_with_a_text) {
    const std::pair<const char*, url_error> cases[] = {
        {"", url_error::no_scheme},
        {"localhost:7000", url_error::no_scheme},
        {"http://localhost:80", url_error::unknown_scheme},
        {"TCP://localhost:80", url_error::unknown_scheme},
        {"tcp://", url_error::no_host},
        {"ws://", url_error::no_host},
        {"ws:///path", url_error::no_host},
        {"tcp://a b:80", url_error::no_host},
        {"tcp://localhost", url_error::no_port},
        {"tls://[::1]", url_error::no_port},
        {"tcp://localhost:", url_error::bad_port},
        {"tcp://localhost:x", url_error::bad_port},
        {"tcp://localhost:65536", url_error::bad_port},
        {"tcp://localhost:80/path", url_error::bad_path},
        {"ws://localhost/a b", url_error::bad_path},
        {"ws://localhost/a\r\nHost: b", url_error::bad_path},
        {"unix://relative", url_error::no_file},
        {"unix:///", url_error::no_file},
    };
    for (const auto& [text, why] : cases) {
        try {
            url::parse(text);
            ADD_FAILURE() << text;
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), why) << text;
            EXPECT_EQ(e.code(), boost::system::errc::invalid_argument);
            EXPECT_NE(std::string(e.what()).find(text), std::string::npos);
        }
    }
}

TEST(url_test, is_written_as_it_was_read) {
    for (const char* text :
         {"tcp://localhost:7000",
          "tls://[::1]:1",
          "unix:///run/some file",
          "ws://h:80/",
          "wss://example.org:443/rsocket?a=b"})
        EXPECT_EQ(url::parse(text).to_string(), text);
    EXPECT_EQ(url::parse("ws://h").to_string(), "ws://h:80/");
    EXPECT_EQ(url::parse("wss://h?x").to_string(), "wss://h:443/?x");
}

TEST_F(transports_test, what_is_listened_at) {
    const auto reached = [this](const std::string& host, const std::string& at) {
        return !refused("tcp://" + host + ":" + url::parse(at).port);
    };
    const auto four = serve("tcp://0.0.0.0:0");
    EXPECT_TRUE(reached("127.0.0.1", four));
    const bool has_six = [&] {
        try {
            serve("tcp://[::1]:0");
            return true;
        } catch (const system_error&) {
            return false; // this machine speaks IPv4 alone
        }
    }();
    const auto all = serve("tcp://:0");
    EXPECT_TRUE(reached("127.0.0.1", all)) << all;
    EXPECT_EQ(reached("[::1]", all), has_six) << all;
    EXPECT_EQ(refused(all), error_code()) << all; // the URL that it gives is one to connect to
    if (!has_six)
        return;
    const auto both = serve("tcp://[::]:0");
    EXPECT_TRUE(reached("127.0.0.1", both));
    EXPECT_TRUE(reached("[::1]", both));
}

TEST_F(transports_test, nobody_there_is_refused_and_the_options_may_be_left_out) {
    const auto at = serve("tcp://127.0.0.1:0");
    run([&]() -> asio::awaitable<void> {
        auto c = co_await async_connect(at, asio::use_awaitable);
        auto d = co_await async_connect(ctx.get_executor(), at, asio::use_awaitable);
        EXPECT_TRUE(c.is_open() && d.is_open());
    });
    srv.reset();
    EXPECT_EQ(refused(at), asio::error::connection_refused);
    EXPECT_EQ(refused("unix:///nobody/is/here"), boost::system::errc::no_such_file_or_directory);
}

TEST_F(transports_test, a_bad_url_is_the_error_of_connecting_and_of_listening) {
    EXPECT_EQ(refused("tcp://localhost"), url_error::no_port);
    EXPECT_EQ(refused("tcp://:7000"), url_error::no_host); // every address: which is it to be?
    EXPECT_EQ(refused("http://localhost:80"), url_error::unknown_scheme);
    EXPECT_THROW(serve("file:///tmp"), system_error);
}

} // namespace
} // namespace streamx::rsocket
