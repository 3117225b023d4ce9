#include "fixture.hpp"

#include <unit/io/certificates.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
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

/// What the client library would write into the protocol's lines as it is, so that the server ended the
/// connection.
TEST_F(connection_test, a_name_that_cannot_be_is_refused_and_harms_nobody) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        for (const char* bad : {"", "a b", "a\tb", "a\r\nPUB x 0", "a..b", "a.", "a.*", ">"}) {
            error_code ec;
            co_await c.async_request(bad, "", 5s, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;
            EXPECT_EQ(ec, boost::system::errc::invalid_argument) << bad;

            nats::stream_config stream;
            stream.name = bad;
            co_await nats::ensure_stream(c, stream, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;

            nats::consumer_config consumer;
            consumer.stream = "S";
            consumer.durable = bad;
            co_await nats::ensure_consumer(c, consumer, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;

            nats::source_options source;
            source.stream = bad;
            EXPECT_THROW(
                static_cast<void>(nats::jetstream_source<>(c, source)), std::invalid_argument)
                << bad;
            nats::sink_options sink;
            sink.subject = bad;
            EXPECT_THROW(nats::jetstream_sink<>(c, sink), std::invalid_argument) << bad;
            EXPECT_THROW(nats::subject_sink<>(c, {.subject = bad}), std::invalid_argument) << bad;
        }
        for (const char* bad : {"", "a b", "a..b"})
            EXPECT_THROW(
                static_cast<void>(nats::subject_source<>(c, {.subject = bad})),
                std::invalid_argument);
        nats::subject_options shared;
        shared.subject = "s";
        shared.queue = "a b";
        EXPECT_THROW(static_cast<void>(nats::subject_source<>(c, shared)), std::invalid_argument);

        co_await publish(c, 1);
        EXPECT_EQ(c.status().reconnects, 0u);
    });
}

TEST_F(connection_test, many_may_ensure_the_same_stream_at_once) {
    const auto ensure = [this](nats::connection c) -> asio::awaitable<void> {
        co_await make_stream(c, nats::storage::file);
    };
    run([&]() -> asio::awaitable<void> {
        std::vector<nats::connection> all;
        for (int i = 0; i < 8; ++i)
            all.push_back(co_await connect());
        for (int round = 0; round < 30; ++round) {
            std::vector<std::future<void>> done;
            for (auto& c : all)
                done.push_back(asio::co_spawn(ctx, ensure(c), asio::use_future));
            for (auto& d : done) {
                while (d.wait_for(0s) != std::future_status::ready)
                    co_await asio::post(ctx, use_awaitable);
                EXPECT_NO_THROW(d.get()) << round;
            }
            co_await all[0].async_request("$JS.API.STREAM.DELETE.S", "", 5s, use_awaitable);
        }
    });
}

TEST_F(connection_test, a_stream_with_the_subjects_of_another_is_refused) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        nats::stream_config config;
        config.name = "T";
        config.subjects.push_back("s.x");
        error_code ec;
        co_await nats::ensure_stream(c, config, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, error_code(10065, nats::jetstream_category()));
    });
}

TEST_F(connection_test, what_waits_is_told_when_the_connection_closes) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto events = c.events();
        co_await make_stream(c);
        nats::jetstream_source<> source(c, durable());
        co_await c.async_close(use_awaitable);
        std::exception_ptr failure;
        try {
            auto none = co_await source.next();
        } catch (...) {
            failure = std::current_exception();
        }
        EXPECT_EQ(to_error_code(failure), nats::errc::connection_closed);
        EXPECT_EQ(events.get().state, nats::connection_state::closed);
        error_code ec;
        co_await c.async_request("x", "", 1s, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::connection_closed);
    });
}

TEST_F(connection_test, what_is_made_while_the_connection_closes_fails) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        c.async_close([](error_code ec) { EXPECT_FALSE(ec); }); // begins
        nats::jetstream_source<> pulled(c, durable());
        nats::subject_source<> heard(c, {.subject = "x"});
        nats::sink_options o;
        o.subject = "s.x";
        nats::jetstream_sink<> sink(c, o);
        const auto [why_not_pulled, one] =
            co_await pulled.async_next(asio::as_tuple(use_awaitable));
        EXPECT_EQ(to_error_code(why_not_pulled), nats::errc::connection_closed);
        const auto [why_not_heard, two] = co_await heard.async_next(asio::as_tuple(use_awaitable));
        EXPECT_EQ(to_error_code(why_not_heard), nats::errc::connection_closed);
        const auto [why_not_sent] = co_await sink.async_send("x", asio::as_tuple(use_awaitable));
        EXPECT_EQ(why_not_sent, nats::errc::connection_closed);
        EXPECT_THROW(
            nats::subject_sink<>(c, {.subject = "x"}).try_send("x"), boost::system::system_error);
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

std::size_t entries(const char* dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
}

TEST_F(connection_test, nothing_is_left_after_many_connections) {
    servers();
    std::size_t descriptors = 0, threads = 0;
    for (int i = 0; i < 120; ++i) {
        if (i == 2) {
            descriptors = entries("/proc/self/fd");
            threads = entries("/proc/self/task");
        }
        asio::io_context own;
        asio::co_spawn(
            own,
            [&]() -> asio::awaitable<void> {
                auto c = co_await connect(own.get_executor());
                co_await make_stream(c);
                co_await publish(c, 10);
                nats::jetstream_source<> source(c, durable());
                for (int taken = 0; taken < (i % 2 ? 10 : 1); ++taken) { // some, or all of them
                    auto d = co_await source.next();
                    d->ack();
                }
            },
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        own.run_for(20s);
        ASSERT_TRUE(own.stopped());
    }
    EXPECT_EQ(entries("/proc/self/fd"), descriptors);
    // A thread that was joined is listed for a moment more.
    for (int i = 0; i < 500 && entries("/proc/self/task") > threads; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_LE(entries("/proc/self/task"), threads);
}

TEST_F(connection_test, a_context_that_is_destroyed_closes_its_connections) {
    nats::connection kept;
    std::unique_ptr<nats::jetstream_source<>> source;
    std::optional<nats::delivery<std::string>> held;
    {
        asio::io_context own;
        asio::co_spawn(
            own,
            [&]() -> asio::awaitable<void> {
                kept = co_await connect(own.get_executor());
                co_await make_stream(kept);
                co_await publish(kept, 10);
                source = std::make_unique<nats::jetstream_source<>>(kept, durable());
                held = co_await source->next();
                own.stop();
            },
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        own.run_for(20s);
        ASSERT_TRUE(held);
    }
    EXPECT_EQ(kept.status().state, nats::connection_state::closed);
    EXPECT_EQ(**held, "0");
    held.reset();
    source.reset();
    EXPECT_EQ(kept.link().use_count(), 1);
}

/// What was published leaves nevertheless, and nothing waits for what the library would be told by a
/// context that runs: that would be half a second for each of the connections.
TEST_F(connection_test, a_context_that_is_destroyed_does_not_wait_for_open_connections) {
    run([this]() -> asio::awaitable<void> {
        constexpr std::size_t many = 20;
        const auto c = co_await connect();
        nats::subject_source<> said(c, {.subject = "last.words"});
        co_await make_stream(c); // and so it listens
        const auto began = std::chrono::steady_clock::now();
        {
            asio::io_context own;
            std::vector<nats::connection> all;
            std::vector<nats::jetstream_source<>> sources;
            asio::co_spawn(
                own,
                [&]() -> asio::awaitable<void> {
                    while (all.size() < many) {
                        all.push_back(co_await connect(own.get_executor()));
                        sources.emplace_back(all.back(), durable());
                    }
                    for (const auto& each : all) {
                        nats::subject_sink<> out(each, {.subject = "last.words"});
                        EXPECT_TRUE(out.try_send("bye"));
                        if (&each < &all[many / 2])
                            each.async_close([](error_code) {}); // begins, no more
                    }
                    own.stop();
                },
                [](std::exception_ptr e) { EXPECT_FALSE(e); });
            own.run_for(20s);
            EXPECT_EQ(all.size(), many);
            sources.clear();
        }
        EXPECT_LT(std::chrono::steady_clock::now() - began, many * 250ms);
        for (std::size_t i = 0; i != many; ++i) {
            const auto word = co_await said.next();
            EXPECT_EQ(word->value, "bye");
        }
    });
}

TEST_F(connection_test, a_context_that_is_destroyed_while_a_consumer_is_made_leaks_nothing) {
    servers();
    std::unique_ptr<nats::jetstream_source<>> source;
    asio::io_context own;
    nats::async_connect(own.get_executor(), options(), [&](error_code ec, nats::connection c) {
        ASSERT_FALSE(ec) << ec.message();
        source = std::make_unique<nats::jetstream_source<>>(c, durable());
        own.stop();
    });
    own.run_for(20s);
    ASSERT_TRUE(source);
}

} // namespace
} // namespace streamx::testing
