// What only real sockets and a second process can show.

#include <streamx/io/framed.hpp>
#include <streamx/io/json_lines.hpp>
#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/io/transport.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <unit/sanitizers.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect_pipe.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/serial_port.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/writable_pipe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

using namespace std::literals;

namespace streamx::testing {
namespace {

using asio::ip::tcp;

struct tcp_test : ::testing::Test {
    /// Forks a peer that is connected to us and does `what` with its socket, by system calls only.
    tcp::socket peer(std::function<void(int)> what) {
        tcp::acceptor acceptor(ctx, {asio::ip::address_v4::loopback(), 0});
        tcp::socket theirs(ctx), ours(ctx);
        theirs.connect(acceptor.local_endpoint());
        acceptor.accept(ours);
        child = ::fork();
        if (child == 0) {
            ::close(ours.native_handle());
            what(theirs.native_handle());
            ::_exit(0);
        }
        return ours;
    }
    void TearDown() override {
        if (child > 0) {
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
        }
    }

    template <class Done>
    void run_until_done(Done done) {
        ctx.restart();
        while (!done() && ctx.run_one_for(10s) != 0) {
        }
        EXPECT_TRUE(done());
    }

    /// Everything a stream gives, and how it ended.
    template <class S>
    std::pair<std::vector<item_t<S>>, error_code> all_of(S& s) {
        std::vector<item_t<S>> items;
        completion_probe<> p;
        asio::co_spawn(
            ctx,
            [&]() -> asio::awaitable<void> {
                while (auto item = co_await s.next())
                    items.push_back(*std::move(item));
            },
            p.handler());
        run_until_done([&] { return p.calls() == 1; });
        return {std::move(items), p->ec};
    }

    asio::io_context ctx;
    pid_t child = 0;
};

TEST_F(tcp_test, a_peer_that_is_killed_anywhere_in_a_frame_gives_no_part_of_it) {
    const auto bytes = "\0\0\0\3one\0\0\0\5three"s;
    for (std::size_t n = 7; n <= bytes.size(); ++n) {
        auto in = io::length_prefixed(peer([&](int fd) {
            if (::write(fd, bytes.data(), n) == static_cast<ssize_t>(n))
                ::kill(::getpid(), SIGKILL);
        }));
        const auto [items, ec] = all_of(in);
        const bool whole = n == 7 || n == bytes.size();
        EXPECT_EQ(items.size(), n == bytes.size() ? 2u : 1u);
        EXPECT_EQ(ec, whole ? error_code() : errc::truncated) << n;
        TearDown();
    }
}

TEST_F(tcp_test, a_peer_that_is_killed_with_unread_bytes_is_a_reset) {
    auto [in, out] = io::framed<io::line_codec>(peer([](int fd) {
        char one;
        while (::recv(fd, &one, 1, MSG_PEEK) != 1) {
        }
        ::kill(::getpid(), SIGKILL);
    }));
    EXPECT_TRUE(out.try_send("never read"));
    EXPECT_EQ(all_of(in).second, asio::error::connection_reset);
    EXPECT_EQ(error_code(asio::error::connection_reset), condition::closed);
}

std::size_t resident_bytes() {
    std::size_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(tcp_test, an_endless_producer_is_held_back_by_a_slow_reader) {
    if (sanitized)
        GTEST_SKIP() << "the sanitizer keeps what was freed";
    auto [in, out] = io::framed<io::length_prefixed_codec>(peer([](int fd) {
        static char some[2048];
        const timespec pause{0, 2'000'000};
        while (::read(fd, some, sizeof some) > 0)
            ::nanosleep(&pause, nullptr);
    }));
    const auto before = resident_bytes();
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::size_t highest = before, sent = 0;
    completion_probe<> p;
    bool stop = false;
    asio::co_spawn(
        ctx,
        [&, &sink = out]() -> asio::awaitable<void> {
            const std::string item(1000, 'x');
            while (!stop) {
                co_await sink.send(item);
                if (++sent % 64 == 0)
                    highest = std::max(highest, resident_bytes());
            }
        },
        p.handler());
    ctx.run_until(until);
    highest = std::max(highest, resident_bytes());
    stop = true;
    const auto outbox = io::endpoint_limits().queued_bytes;
    EXPECT_LE(highest - before, 2 * outbox + 4 * 1024 * 1024);
    EXPECT_GT(sent, outbox / 1000);
    EXPECT_LE(out.queued_bytes(), outbox + 1004);
    TearDown();
    child = 0;
    run_until_done([&] { return p.calls() == 1; });
    EXPECT_EQ(p->ec, condition::closed) << p->what;
}

TEST_F(tcp_test, unix_sockets_and_pipes_do_as_well) {
    asio::local::stream_protocol::socket a(ctx), b(ctx);
    asio::local::connect_pair(a, b);
    auto one = io::framed<io::line_codec>(std::move(a));
    auto other = io::framed<io::line_codec>(std::move(b));
    EXPECT_TRUE(one.out.try_send("over a socket"));
    one.out.close();
    EXPECT_EQ(all_of(other.in).first, std::vector{"over a socket"s});

    asio::readable_pipe from(ctx);
    asio::writable_pipe to(ctx);
    asio::connect_pipe(from, to);
    {
        auto out = io::lines_sink(std::move(to));
        EXPECT_TRUE(out.try_send("through a pipe"));
    }
    auto lines = io::lines(std::move(from));
    EXPECT_EQ(all_of(lines).first, std::vector{"through a pipe"s});
}

TEST_F(tcp_test, serial_ports_do_as_well) {
    asio::posix::stream_descriptor device(ctx, ::posix_openpt(O_RDWR | O_NOCTTY));
    ASSERT_EQ(::grantpt(device.native_handle()), 0);
    ASSERT_EQ(::unlockpt(device.native_handle()), 0);
    asio::serial_port port(ctx, ::ptsname(device.native_handle()));
    termios raw{};
    ::cfmakeraw(&raw);
    ASSERT_EQ(::tcsetattr(port.native_handle(), TCSANOW, &raw), 0);

    auto here = io::framed<io::line_codec>(std::move(port));
    auto there = io::framed<io::line_codec>(io::transport(std::move(device)));
    EXPECT_TRUE(here.out.try_send("over a wire"));
    EXPECT_TRUE(there.out.try_send("and back"));
    const auto first_of = [&](auto& in) {
        completion_probe<std::optional<std::string>> p;
        p.start([&](auto h) { in.async_next(std::move(h)); });
        run_until_done([&] { return p.calls() == 1; });
        return p->value.value();
    };
    EXPECT_EQ(first_of(there.in), "over a wire");
    EXPECT_EQ(first_of(here.in), "and back");
    here.out.close(make_failure(errc::full, "test")); // knows no reset, and is closed
    EXPECT_FALSE(here.out.is_open());
}

TEST_F(tcp_test, json_lines_carry_any_type_both_ways) {
    asio::local::stream_protocol::socket a(ctx), b(ctx);
    asio::local::connect_pair(a, b);
    auto out = io::json_lines_sink<std::vector<int>>(std::move(a));
    auto in = io::json_lines<std::vector<int>>(std::move(b));
    EXPECT_TRUE(out.try_send({1, 2}));
    EXPECT_TRUE(out.try_send({}));
    out.close();
    const auto [items, ec] = all_of(in);
    EXPECT_EQ(items, (std::vector<std::vector<int>>{{1, 2}, {}}));
    EXPECT_FALSE(ec);
}

} // namespace
} // namespace streamx::testing
