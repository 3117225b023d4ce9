#include <streamx/io/tls.hpp>

#include <streamx/io/framed.hpp>
#include <streamx/io/lines.hpp>

#include <unit/io/certificates.hpp>
#include <unit/io/support.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

using namespace std::literals;

namespace streamx::testing {
namespace {

using io::tls_context;
using io::tls_options;
using io::tls_role;
using io::tls_stream;

static_assert(io::byte_stream_ref<tls_stream>);

struct tls_test : connection_test {
    void SetUp() override { connection_test::connect(); }

    tls_options serving(const certificate_request& request = {}) {
        const auto own = make_certificate(authority, request);
        tls_options o;
        o.certificate = own.certificate;
        o.key = own.key;
        o.verify = false;
        return o;
    }
    tls_options trusting() {
        tls_options o;
        o.ca = authority.certificate;
        return o;
    }

    void shake(const tls_options& s, const tls_options& c, const std::string& host = "localhost") {
        shake(tls_context(tls_role::server, s), tls_context(tls_role::client, c), host);
    }
    void shake(const tls_context& s, const tls_context& c, const std::string& host = "localhost") {
        accepting.start([&](auto h) { io::async_tls_accept(std::move(*near), s, std::move(h)); });
        connecting.start(
            [&](auto h) { io::async_tls_connect(std::move(*far), c, host, std::move(h)); });
        poll();
    }
    tls_stream server() { return std::move(accepting->value.value()); }
    tls_stream client() { return std::move(connecting->value.value()); }

    /// What reading comes to.
    error_code read(tls_stream& s, std::string& into) {
        completion_probe<std::size_t> p;
        char buffer[64];
        p.start([&](auto h) { s.async_read_some(asio::buffer(buffer), std::move(h)); });
        poll();
        if (p->value)
            into.assign(buffer, *p->value);
        return p->ec;
    }

    const certified authority = make_authority();
    completion_probe<tls_stream> accepting, connecting;
};

TEST_F(tls_test, a_connection_carries_bytes_both_ways_and_says_what_was_agreed_on) {
    auto s = serving();
    auto c = trusting();
    s.alpn = {"two", "one"};
    c.alpn = {"zero", "one"};
    shake(s, c);
    ASSERT_FALSE(accepting->ec) << accepting->what;
    ASSERT_FALSE(connecting->ec) << connecting->what;
    EXPECT_FALSE(accepting->inside || connecting->inside);
    auto near_end = server();
    auto far_end = client();
    EXPECT_EQ(near_end.alpn(), "one");
    EXPECT_EQ(far_end.alpn(), "one");
    EXPECT_EQ(far_end.version(), "TLSv1.3");
    EXPECT_EQ(far_end.peer(), "CN = localhost");
    EXPECT_EQ(near_end.peer(), "");
    EXPECT_FALSE(far_end.cipher().empty());

    auto out = io::lines_sink(std::move(near_end));
    auto in = io::lines(std::move(far_end));
    EXPECT_TRUE(out.try_send("hello"));
    out.close();
    const auto got = collect(ctx, std::move(in));
    EXPECT_EQ(got.items, strings{"hello"});
    EXPECT_TRUE(got.ended) << got.what;
}

TEST_F(tls_test, a_certificate_out_of_date_is_its_own_error) {
    shake(serving({.first_day = -3, .last_day = -1}), trusting());
    EXPECT_EQ(connecting->ec, errc::tls_expired);
    EXPECT_EQ(accepting->ec, errc::tls_expired) << accepting->what;
    EXPECT_EQ(connecting->ec, condition::protocol_violation);
}

TEST_F(tls_test, a_certificate_that_is_not_valid_yet_is_refused) {
    shake(serving({.first_day = 1, .last_day = 3}), trusting());
    EXPECT_EQ(connecting->ec, errc::tls_expired);
}

TEST_F(tls_test, a_certificate_for_another_host_is_its_own_error) {
    shake(serving({.name = "example.org"}), trusting());
    EXPECT_EQ(connecting->ec, errc::tls_wrong_host);
}

TEST_F(tls_test, a_name_is_no_address) {
    shake(serving(), trusting(), "127.0.0.1");
    EXPECT_EQ(connecting->ec, errc::tls_wrong_host);
}

TEST_F(tls_test, an_unknown_authority_is_its_own_error) {
    auto c = trusting();
    c.ca = make_authority().certificate;
    shake(serving(), c);
    EXPECT_EQ(connecting->ec, errc::tls_unknown_ca);
    EXPECT_EQ(accepting->ec, errc::tls_unknown_ca) << accepting->what;
}

TEST_F(tls_test, by_default_nobody_is_trusted_but_whom_the_system_trusts) {
    shake(serving(), tls_options());
    EXPECT_EQ(connecting->ec, errc::tls_unknown_ca);
}

TEST_F(tls_test, who_does_not_verify_takes_any_certificate) {
    tls_options c;
    c.verify = false;
    shake(serving({.name = "example.org", .last_day = 0}), c);
    EXPECT_FALSE(connecting->ec) << connecting->what;
}

TEST_F(tls_test, a_missing_client_certificate_is_its_own_error_at_both_ends) {
    for (const auto version : {io::tls_version::v1_2, io::tls_version::v1_3}) {
        SCOPED_TRACE(static_cast<int>(version));
        connection_test::connect();
        accepting = {};
        connecting = {};
        auto s = serving();
        s.verify = true;
        s.ca = authority.certificate;
        s.minimum = version;
        shake(s, trusting());
        EXPECT_EQ(accepting->ec, errc::tls_no_certificate) << accepting->what;
        // The client of TLS 1.3 is done before the server has looked: it hears of it when it reads.
        ASSERT_FALSE(connecting->ec) << connecting->what;
        auto c = client();
        std::string got;
        EXPECT_EQ(read(c, got), errc::tls_no_certificate);
    }
}

TEST_F(tls_test, a_client_with_a_certificate_is_known_to_the_server) {
    auto s = serving();
    s.verify = true;
    s.ca = authority.certificate;
    auto c = trusting();
    const auto own = make_certificate(authority, {.name = "alice"});
    c.certificate = own.certificate;
    c.key = own.key;
    shake(s, c);
    ASSERT_FALSE(accepting->ec) << accepting->what;
    EXPECT_EQ(accepting->value->peer(), "CN = alice");
}

TEST_F(tls_test, plain_bytes_on_the_tls_port_are_their_own_error) {
    for (const auto* bytes :
         {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "hello, is anybody there?\r\n",
          "\0\0\0\0\0\0\0\0"}) {
        connection_test::connect();
        completion_probe<tls_stream> p;
        const tls_context context(tls_role::server, serving());
        p.start([&](auto h) { io::async_tls_accept(std::move(*near), context, std::move(h)); });
        say(std::string(bytes, bytes[0] ? std::char_traits<char>::length(bytes) : 8));
        poll();
        EXPECT_EQ(p->ec, errc::not_tls) << bytes << ": " << p->what;
    }
}

TEST_F(tls_test, an_end_without_a_goodbye_is_a_truncation_and_with_one_an_end) {
    for (const bool said : {false, true}) {
        SCOPED_TRACE(said);
        connection_test::connect();
        accepting = {};
        connecting = {};
        shake(serving(), trusting());
        auto s = server();
        auto c = client();
        completion_probe<> bye;
        if (said)
            bye.start([&](auto h) { s.async_shutdown(std::move(h)); });
        else
            s.close();
        std::string got;
        EXPECT_EQ(
            read(c, got), said ? error_code(asio::error::eof) : error_code(errc::tls_truncated));
    }
}

TEST_F(tls_test, who_has_said_goodbye_still_hears_what_the_other_has_to_say) {
    shake(serving(), trusting());
    auto [in, out] = io::framed<io::line_codec>(client());
    auto [heard_by_server, answer] = io::framed<io::line_codec>(server());
    EXPECT_TRUE(out.try_send("question"));
    // Something is on its way to the client while it says goodbye.
    EXPECT_TRUE(answer.try_send("before"));
    poll();
    completion_probe<> closed;
    out.async_close(closed.handler());
    poll();
    EXPECT_EQ(closed.calls(), 1u);
    EXPECT_FALSE(closed->ec) << closed->what;

    const auto asked = collect(ctx, heard_by_server);
    EXPECT_EQ(asked.items, strings{"question"});
    EXPECT_TRUE(asked.ended) << asked.what;
    EXPECT_TRUE(answer.try_send(std::string(60'000, 'a')));
    answer.close();
    const auto got = collect(ctx, in);
    ASSERT_EQ(got.items.size(), 2u);
    EXPECT_EQ(got.items[0], "before");
    EXPECT_EQ(got.items[1].size(), 60'000u);
    EXPECT_TRUE(got.ended) << got.what;
}

TEST_F(tls_test, other_certificates_are_for_new_connections_and_leave_the_old_alone) {
    const tls_context old_server(tls_role::server, serving());
    const tls_context c(tls_role::client, trusting());
    auto again = old_server;
    shake(old_server, c);
    auto s1 = server();
    auto c1 = client();

    again.reload(serving({.name = "example.org"}));
    connection_test::connect();
    accepting = {};
    connecting = {};
    shake(old_server, c);
    EXPECT_EQ(connecting->ec, errc::tls_wrong_host) << "a copy is the same context";

    auto out = io::lines_sink(std::move(s1));
    EXPECT_TRUE(out.try_send("still here"));
    poll();
    std::string got;
    EXPECT_EQ(read(c1, got), error_code());
    EXPECT_EQ(got, "still here\n");
}

TEST_F(tls_test, files_are_read_again) {
    const std::string base = ::testing::TempDir() + "streamx_tls_test_";
    const auto write = [&](const certified& own) {
        std::ofstream(base + "certificate.pem") << own.certificate;
        std::ofstream(base + "key.pem") << own.key;
    };
    write(make_certificate(authority));
    tls_context s(
        tls_role::server, tls_options::server(base + "certificate.pem", base + "key.pem"));
    write(make_certificate(authority, {.name = "example.org"}));
    s.reload();
    shake(s, tls_context(tls_role::client, trusting()), "example.org");
    EXPECT_FALSE(connecting->ec) << connecting->what;

    std::ofstream(base + "key.pem") << "no key";
    EXPECT_THROW(s.reload(), boost::system::system_error);
    connection_test::connect();
    accepting = {};
    connecting = {};
    shake(s, tls_context(tls_role::client, trusting()), "example.org");
    EXPECT_FALSE(connecting->ec) << "what cannot be loaded changes nothing";
}

TEST_F(tls_test, options_that_are_not_good_are_named) {
    const auto says = [](tls_role role, const tls_options& o) -> std::string {
        try {
            const tls_context context(role, o);
        } catch (const boost::system::system_error& e) {
            return e.what();
        }
        return "nothing";
    };
    tls_options o;
    EXPECT_TRUE(
        says(tls_role::server, o).find("a server needs a certificate") != std::string::npos);
    o.ca = "garbage";
    EXPECT_TRUE(says(tls_role::client, o).find("tls_options::ca") != std::string::npos);
    o = {};
    o.certificate_file = "no-such-file.pem";
    EXPECT_TRUE(
        says(tls_role::server, o).find("tls_options::certificate no-such-file.pem") !=
        std::string::npos);
    o = {};
    o.alpn = {""};
    EXPECT_TRUE(says(tls_role::client, o).find("tls_options::alpn") != std::string::npos);
}

TEST_F(tls_test, a_context_serves_one_role) {
    completion_probe<tls_stream> p;
    const tls_context context(tls_role::client, trusting());
    p.start([&](auto h) { io::async_tls_accept(std::move(*near), context, std::move(h)); });
    poll();
    EXPECT_EQ(p->ec, boost::system::errc::invalid_argument);
}

TEST_F(tls_test, protocols_that_do_not_meet_end_the_handshake) {
    auto s = serving();
    auto c = trusting();
    s.alpn = {"one"};
    c.alpn = {"two"};
    shake(s, c);
    EXPECT_TRUE(accepting->ec);
    EXPECT_TRUE(connecting->ec);
}

TEST_F(tls_test, a_peer_that_says_nothing_is_given_up_in_time) {
    virtual_clock clock(ctx);
    const tls_context context(tls_role::server, serving());
    accepting.start([&](auto h) { io::async_tls_accept(std::move(*near), context, std::move(h)); });
    clock.run_for(10s - 1ns);
    EXPECT_EQ(accepting.calls(), 0);
    clock.run_for(1ns);
    EXPECT_EQ(accepting->ec, errc::handshake_timeout);
}

TEST_F(tls_test, a_handshake_that_is_cancelled_closes_the_connection) {
    using enum asio::cancellation_type;
    for (const auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        connection_test::connect();
        const auto script = near->script();
        asio::cancellation_signal stop;
        completion_probe<tls_stream> p;
        const tls_context context(tls_role::server, serving());
        p.start([&](auto h) {
            io::async_tls_accept(
                std::move(*near), context, asio::bind_cancellation_slot(stop.slot(), std::move(h)));
        });
        poll();
        stop.emit(how);
        poll();
        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_TRUE(script.closed());
    }
}

TEST_F(tls_test, a_context_that_goes_destroys_the_handler) {
    completion_probe<tls_stream> p;
    {
        asio::io_context own;
        auto ends = memory_stream::pair(own.get_executor());
        const tls_context context(tls_role::server, serving());
        p.start(
            [&](auto h) { io::async_tls_accept(std::move(ends.first), context, std::move(h)); });
        own.poll();
    }
    EXPECT_EQ(p.calls(), 0);
    EXPECT_EQ(p->destroyed, 1);
}

TEST_F(tls_test, a_handshake_whose_nth_step_fails_fails_and_hangs_nowhere) {
    const tls_context s(tls_role::server, serving());
    const tls_context c(tls_role::client, trusting());
    for (std::size_t n = 1; n != 4; ++n)
        for (const bool reading : {true, false}) {
            connection_test::connect();
            accepting = {};
            connecting = {};
            auto script = near->script();
            reading ? script.fail_read(n) : script.fail_write(n);
            shake(s, c);
            EXPECT_EQ(accepting.calls(), 1) << n;
            EXPECT_EQ(connecting.calls(), 1) << n;
        }
}

} // namespace
} // namespace streamx::testing
