#include "fixture.hpp"

#include <unit/io/certificates.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

using asio::use_awaitable;
namespace fs = std::filesystem;
using namespace std::string_literals;

struct connection_test : nats_test {
    /// Connects with these options and asks the server something.
    error_code try_to_connect(nats::connect_options o) {
        error_code ec;
        run([&]() -> asio::awaitable<void> {
            auto ex = ctx.get_executor();
            auto c = co_await nats::async_connect(ex, o, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(static_cast<bool>(c), !ec);
            if (!ec)
                co_await make_stream(c);
        });
        return ec;
    }
};

/// A file with this in it, as long as this lives.
class scratch_file {
public:
    explicit scratch_file(const std::string& text)
        : path_(fs::temp_directory_path() / ("streamx-nats-" + std::to_string(::getpid()))) {
        std::ofstream(path_) << text;
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    ~scratch_file() { fs::remove(path_); }

    std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

TEST_F(connection_test, its_events_tell_of_a_server_that_goes_and_comes_back) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        std::vector<nats::connection_event> seen;
        auto events = c.events();
        const auto until = [&](nats::connection_state state) -> asio::awaitable<void> {
            do {
                auto e = co_await events.next();
                seen.push_back(*std::move(e));
            } while (seen.back().state != state);
        };
        co_await until(nats::connection_state::connected);
        EXPECT_EQ(seen.back().server, servers().urls().front());
        servers().signal(0, SIGKILL);
        co_await until(nats::connection_state::reconnecting);
        servers().start(0);
        co_await until(nats::connection_state::connected);
        EXPECT_EQ(seen.back().reconnects, 1u);
        co_await c.async_close(use_awaitable);
        co_await until(nats::connection_state::closed);
        auto end = co_await events.next();
        EXPECT_FALSE(end);
    });
}

TEST_F(connection_test, a_connection_that_is_not_to_reconnect_is_closed) {
    run([this]() -> asio::awaitable<void> {
        auto o = options();
        o.reconnect.enabled = false;
        auto ex = ctx.get_executor();
        auto c = co_await nats::async_connect(ex, o, use_awaitable);
        co_await make_stream(c);
        nats::jetstream_source<> source(c, durable());
        servers().signal(0, SIGKILL);
        std::exception_ptr failure;
        try {
            auto none = co_await source.next();
        } catch (...) {
            failure = std::current_exception();
        }
        EXPECT_EQ(to_error_code(failure), nats::errc::connection_closed);
    });
}

TEST_F(connection_test, says_who_it_is) {
    servers(1, "authorization { users = [ { user: u, password: p } ] }\n");
    auto o = options();
    EXPECT_EQ(try_to_connect(o).category(), nats::client_category());
    o.credentials.user = "u";
    o.credentials.password = "wrong";
    EXPECT_EQ(try_to_connect(o).category(), nats::client_category());
    o.credentials.password = "p";
    EXPECT_EQ(try_to_connect(o), error_code());
    servers_.reset();

    servers(1, "authorization { token: t }\n");
    o = options();
    o.credentials.token = "t";
    EXPECT_EQ(try_to_connect(o), error_code());
}

TEST_F(connection_test, a_file_that_cannot_be_read_is_said_to_be_missing) {
    const auto missing = error_code(ENOENT, boost::system::generic_category());
    auto o = options();
    o.credentials.file = "/nowhere/user.creds";
    EXPECT_EQ(try_to_connect(o), missing);
    o = options();
    o.tls.enabled = true;
    o.tls.ca_file = "/nowhere/ca.pem";
    EXPECT_EQ(try_to_connect(o), missing);
    o = options();
    o.servers.clear();
    EXPECT_EQ(try_to_connect(o), boost::system::errc::invalid_argument);
}

/// An NKey and its seed, made for this.
TEST_F(connection_test, says_who_it_is_with_a_key) {
    const std::string key = "UBZ4ZQ7PYZ5BFIWBUOXCNV2KQSVRMFFCLZHC2OG2FDEOFJEZB2CCGM2W";
    servers(1, "authorization { users = [ { nkey: " + key + " } ] }\n");
    const scratch_file seed("SUAJUHF7FB3SREERL63EB6SF5NGGNQMNNJB3F7ZHR2KNCUHHKJZZ2ZB5SE\n");
    auto o = options();
    EXPECT_EQ(try_to_connect(o).category(), nats::client_category());
    o.credentials.nkey = key;
    o.credentials.seed_file = seed.path();
    EXPECT_EQ(try_to_connect(o), error_code());
}

/// A server that refuses so many before it lets one in, and ends with that one.
void refuse(asio::ip::tcp::acceptor& listener, int many) {
    for (bool welcome = false; !welcome; --many) {
        welcome = many == 0;
        auto client = listener.accept();
        asio::write(
            client,
            asio::buffer("INFO {\"version\":\"2.9.10\",\"max_payload\":1048576,"
                         "\"auth_required\":true,\"nonce\":\"something\"}\r\n"s));
        error_code ec;
        for (std::string in; !ec;) {
            const auto line = asio::read_until(client, asio::dynamic_buffer(in), "\r\n", ec);
            if (in.substr(0, line) == "PING\r\n") {
                asio::write(
                    client,
                    asio::buffer(welcome ? "PONG\r\n"s : "-ERR 'Authorization Violation'\r\n"s),
                    ec);
                if (!welcome)
                    break;
            }
            in.erase(0, line);
        }
    }
}

TEST_F(connection_test, who_signs_is_asked_once_more) {
    asio::ip::tcp::acceptor listener(ctx, {asio::ip::address_v4::loopback(), 0});
    const scratch_file seed("SUAJUHF7FB3SREERL63EB6SF5NGGNQMNNJB3F7ZHR2KNCUHHKJZZ2ZB5SE\n");
    nats::connect_options o;
    o.servers = {"nats://127.0.0.1:" + std::to_string(listener.local_endpoint().port())};
    o.reconnect.enabled = false;
    const auto refused = [&](int times) {
        std::jthread server([&] { refuse(listener, times); });
        error_code ec;
        run([&]() -> asio::awaitable<void> {
            auto ex = ctx.get_executor();
            auto c = co_await nats::async_connect(ex, o, asio::redirect_error(use_awaitable, ec));
            if (ec) // let the server end
                co_await nats::async_connect(ex, o, use_awaitable);
        });
        return ec;
    };
    o.credentials.user = "u";
    EXPECT_EQ(refused(0), error_code());
    EXPECT_EQ(refused(1).category(), nats::client_category());
    o.credentials = {};
    o.credentials.nkey = "UBZ4ZQ7PYZ5BFIWBUOXCNV2KQSVRMFFCLZHC2OG2FDEOFJEZB2CCGM2W";
    o.credentials.seed_file = seed.path();
    EXPECT_EQ(refused(1), error_code());
    EXPECT_EQ(refused(2).category(), nats::client_category());
}

TEST_F(connection_test, the_server_lists_it_under_its_name) {
    run([this]() -> asio::awaitable<void> {
        auto o = options();
        o.name = "the third of five";
        auto ex = ctx.get_executor();
        const auto c = co_await nats::async_connect(ex, o, use_awaitable);
        const auto listed = servers().get(0, "/connz");
        EXPECT_NE(listed.find("\"the third of five\""), std::string::npos) << listed;
    });
}

TEST_F(connection_test, encrypts_and_looks_at_the_servers_certificate) {
    const auto room =
        fs::temp_directory_path() / ("streamx-nats-tls-" + std::to_string(::getpid()));
    fs::create_directory(room);
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream(room / name) << text;
        return (room / name).string();
    };
    const auto authority = make_authority(), other = make_authority();
    const auto of_server = make_certificate(authority), of_client = make_certificate(authority);
    const auto ca = write("ca", authority.certificate);
    servers(
        1,
        "tls { verify: true, ca_file: \"" + ca + "\", cert_file: \"" +
            write("cert", of_server.certificate) + "\", key_file: \"" +
            write("key", of_server.key) + "\" }\n");
    auto o = options();
    o.tls.enabled = true;
    o.tls.hostname = "localhost";
    o.tls.certificate_file = write("client cert", of_client.certificate);
    o.tls.key_file = write("client key", of_client.key);
    o.tls.ca_file = write("other", other.certificate);
    EXPECT_EQ(try_to_connect(o).category(), nats::client_category()) << "an unknown authority";
    o.tls.ca_file = ca;
    EXPECT_EQ(try_to_connect(o), error_code());
    o.tls.hostname = "elsewhere";
    EXPECT_EQ(try_to_connect(o).category(), nats::client_category()) << "another name";
    fs::remove_all(room);
}

TEST_F(connection_test, a_request_says_why_it_has_no_answer) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        error_code ec;
        co_await c.async_request("nobody", "", 10s, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::no_responders);
        co_await make_stream(c);
        nats::consumer_config config;
        config.stream = "S";
        config.durable = "d";
        co_await nats::ensure_consumer(c, config, use_awaitable);
        co_await c.async_request(
            "$JS.API.CONSUMER.MSG.NEXT.S.d",
            "{\"batch\":1,\"expires\":1000000000}",
            20ms,
            asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, asio::error::timed_out);
    });
}

TEST_F(connection_test, connecting_to_nobody_is_an_error) {
    run([this]() -> asio::awaitable<void> {
        nats::connect_options o;
        o.servers = {"nats://127.0.0.1:1"};
        error_code ec;
        auto ex = ctx.get_executor();
        auto c =
            co_await nats::async_connect(ex, std::move(o), asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec.category(), nats::client_category()) << ec.message();
        EXPECT_FALSE(c);
    });
}

} // namespace
} // namespace streamx::testing
