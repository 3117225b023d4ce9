#include <streamx/io/accept_stream.hpp>

#include <streamx/io/lines.hpp>
#include <streamx/io/resolve_and_connect.hpp>
#include <streamx/io/signal_stream.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/errc.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace std::literals;

namespace streamx::testing {
namespace {

using asio::ip::tcp;
namespace codes = boost::system::errc;

/// Accepts, or fails to, as it is told; when it is told nothing, waits until it is cancelled.
class scripted_acceptor {
public:
    using executor_type = asio::any_io_executor;
    using protocol_type = tcp;

    scripted_acceptor(executor_type ex, std::deque<error_code> plan)
        : executor_(std::move(ex)), plan_(std::move(plan)) {}

    executor_type get_executor() const { return executor_; }
    bool is_open() const noexcept { return true; }

    template <class Executor, class Handler>
    void async_accept(const Executor& ex, Handler handler) {
        ++accepts;
        error_code ec = asio::error::would_block;
        if (!plan_.empty()) {
            ec = plan_.front();
            plan_.pop_front();
        }
        if (ec != asio::error::would_block)
            return asio::post(executor_, [ex, ec, handler = std::move(handler)]() mutable {
                std::move(handler)(ec, tcp::socket(ex));
            });
        auto never =
            std::make_shared<asio::steady_timer>(executor_, asio::steady_timer::time_point::max());
        auto slot = asio::get_associated_cancellation_slot(handler);
        never->async_wait(asio::bind_cancellation_slot(
            slot, [ex, never, handler = std::move(handler)](error_code failed) mutable {
                std::move(handler)(failed, tcp::socket(ex));
            }));
    }

    int accepts = 0;

private:
    executor_type executor_;
    std::deque<error_code> plan_;
};

error_code code(codes::errc_t e) { return codes::make_error_code(e); }

struct accept_stream_test : ::testing::Test {
    void poll() {
        ctx.restart();
        ctx.poll();
    }
    /// Runs real sockets until it is so.
    template <class Done>
    void run_until_done(Done done) {
        ctx.restart();
        while (!done() && ctx.run_one_for(5s) != 0) {
        }
        EXPECT_TRUE(done());
    }

    asio::io_context ctx;
};

TEST_F(accept_stream_test, gives_the_connections_that_are_made) {
    tcp::acceptor acceptor(ctx, {asio::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(acceptor.local_endpoint().port());
    auto accepted = io::accept_stream(std::move(acceptor));
    completion_probe<tcp::socket> client;
    io::async_resolve_and_connect(ctx.get_executor(), "127.0.0.1", port, client.handler());
    completion_probe<std::optional<tcp::socket>> connection;
    accepted.async_next(connection.handler());
    run_until_done([&] { return client.calls() == 1 && connection.calls() == 1; });
    ASSERT_TRUE(client->value) << client->what;
    tcp::no_delay no_delay;
    client->value->get_option(no_delay);
    EXPECT_TRUE(no_delay.value());
    ASSERT_TRUE(connection->value && *connection->value) << connection->what;
    auto lines = io::lines(**std::move(connection->value));
    completion_probe<std::optional<std::string>> line;
    lines.async_next(line.handler());
    client->value->send(asio::buffer("hello\n", 6));
    run_until_done([&] { return line.calls() == 1; });
    EXPECT_EQ(line->value, std::optional<std::string>("hello"));
}

TEST_F(accept_stream_test, each_connection_can_have_a_strand_of_its_own) {
    auto s =
        io::accept_stream(tcp::acceptor(ctx, {asio::ip::address_v4::loopback(), 0}), [](auto& a) {
            return asio::make_strand(a.get_executor());
        });
    using socket = item_t<decltype(s)>;
    static_assert(std::is_same_v<socket::executor_type, asio::strand<asio::any_io_executor>>);
    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(accept_stream_test, ends_when_its_acceptor_is_closed) {
    tcp::acceptor acceptor(ctx, {asio::ip::address_v4::loopback(), 0});
    auto s = io::accept_stream(acceptor);
    completion_probe<std::optional<tcp::socket>> p;
    s.async_next(p.handler());
    poll();
    EXPECT_EQ(p.calls(), 0);
    acceptor.close();
    poll();
    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure) << p->what;
    EXPECT_TRUE(p->value && !p->value->has_value());
}

TEST_F(accept_stream_test, waits_for_descriptors_when_there_are_none) {
    virtual_clock clock(ctx);
    std::deque<error_code> plan(10, code(codes::too_many_files_open));
    plan.push_back({});
    plan.push_back(code(codes::no_buffer_space));
    plan.push_back({});
    scripted_acceptor acceptor(ctx.get_executor(), plan);
    auto s = io::accept_stream(acceptor);
    EXPECT_TRUE(*next(clock, s).value);
    // 10, 20, 40 ... 640 milliseconds, then a second each
    EXPECT_EQ(clock.elapsed(), 1270ms + 3s);
    EXPECT_EQ(acceptor.accepts, 11);
    const auto before = clock.now();
    EXPECT_TRUE(*next(clock, s).value);
    EXPECT_EQ(clock.now() - before, 10ms) << "it begins anew";
}

TEST_F(accept_stream_test, passes_over_connections_that_failed_before_they_were_accepted) {
    scripted_acceptor acceptor(
        ctx.get_executor(), {asio::error::connection_aborted, code(codes::protocol_error), {}});
    auto s = io::accept_stream(acceptor);
    EXPECT_TRUE(*next(ctx, s).value);
    EXPECT_EQ(acceptor.accepts, 3);
}

TEST_F(accept_stream_test, fails_with_what_is_wrong_with_the_acceptor) {
    scripted_acceptor acceptor(ctx.get_executor(), {asio::error::bad_descriptor});
    auto s = io::accept_stream(acceptor);
    EXPECT_EQ(next(ctx, s).ec, asio::error::bad_descriptor);
}

TEST_F(accept_stream_test, a_wait_that_is_given_up_loses_no_connection) {
    scripted_acceptor acceptor(ctx.get_executor(), {asio::error::would_block, {}});
    auto s = io::accept_stream(acceptor);
    EXPECT_EQ(
        next_cancelled(ctx, s, asio::cancellation_type::total), asio::error::operation_aborted);
    EXPECT_TRUE(*next(ctx, s).value);

    virtual_clock clock(ctx);
    scripted_acceptor exhausted(ctx.get_executor(), {code(codes::too_many_files_open), {}});
    auto t = io::accept_stream(exhausted);
    completion_probe<> p;
    asio::cancellation_signal cancel;
    t.async_wait(asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    clock.run_for(5ms);
    cancel.emit(asio::cancellation_type::total);
    EXPECT_NE(clock.run(), 0u);
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_TRUE(*next(clock, t).value);
}

TEST_F(accept_stream_test, signals_are_items) {
    io::signal_stream s(ctx.get_executor(), {SIGUSR1, SIGUSR2});
    std::raise(SIGUSR2); // before anybody waits
    EXPECT_EQ(*next(ctx, s).value, SIGUSR2);
    EXPECT_EQ(
        next_cancelled(ctx, s, asio::cancellation_type::total), asio::error::operation_aborted);
    std::raise(SIGUSR1);
    EXPECT_EQ(*next(ctx, s).value, SIGUSR1);
    EXPECT_THROW((void)io::signal_stream(ctx.get_executor(), {-3}), boost::system::system_error);
}

TEST_F(accept_stream_test, connecting_says_why_it_failed) {
    std::string port;
    {
        tcp::acceptor gone(ctx, {asio::ip::address_v4::loopback(), 0});
        port = std::to_string(gone.local_endpoint().port());
    }
    completion_probe<tcp::socket> refused, unknown, late, cancelled;
    const auto ex = ctx.get_executor();
    io::async_resolve_and_connect(ex, "127.0.0.1", port, refused.handler());
    io::async_resolve_and_connect(ex, "127.0.0.1", "no-such-service", unknown.handler());
    io::endpoint_limits none;
    none.handshake = 0s;
    io::async_resolve_and_connect(ex, "127.0.0.1", port, none, late.handler());
    asio::cancellation_signal cancel;
    io::async_resolve_and_connect(
        ex, "127.0.0.1", port, asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
    cancel.emit(asio::cancellation_type::total);
    run_until_done(
        [&] { return refused.calls() + unknown.calls() + late.calls() + cancelled.calls() == 4; });
    EXPECT_EQ(refused->ec, asio::error::connection_refused);
    EXPECT_TRUE(unknown->ec) << unknown->what;
    EXPECT_EQ(late->ec, errc::handshake_timeout);
    EXPECT_EQ(cancelled->ec, asio::error::operation_aborted);
    EXPECT_FALSE(cancelled->inside);

    completion_probe<> awaited;
    asio::co_spawn(
        ctx,
        [&]() -> asio::awaitable<void> { co_await io::resolve_and_connect("127.0.0.1", port); },
        awaited.handler());
    run_until_done([&] { return awaited.calls() == 1; });
    EXPECT_EQ(awaited->ec, asio::error::connection_refused);
    ctx.restart();
    ctx.run_for(5s);
    EXPECT_TRUE(ctx.stopped()) << "a timer is left";
}

} // namespace
} // namespace streamx::testing
