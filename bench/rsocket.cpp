// RSocket over loopback TCP, the server in a process of its own.
//
//   rsocket/stream/<bytes>         one request-stream, half a megabyte on its way; the client takes
//                                  what is there
//   rsocket/stream_default/<bytes> the same with the default window and a `co_await next()` an item
//   rsocket/streams_100/<bytes>    100 request-streams on one connection; prints also by how much the
//                                  fastest was ahead of the slowest when it ended
//   rsocket/round_trip/<bytes>     a request-response after the other
//   rsocket/raw_round_trip/<bytes> raw Asio: as many bytes there and back
//   rsocket/fan_out/1000           a broadcast to 1 000 connections, an item a delivery; prints also the
//                                  server's own processor time for each and how often an item was encoded
//   rsocket/idle                   memory of a connection that nothing happens on, in the server
//   rsocket/raw_idle               of an accepted socket with a read outstanding

#include "two_processes.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rsocket = streamx::rsocket;
using namespace streamx::bench;
using asio::use_awaitable;
using asio::ip::tcp;
using rsocket::payload;

namespace {

constexpr std::size_t subscribers = 1000;
constexpr std::size_t idle_connections = 2000;

std::string numbered(std::size_t size, std::uint64_t i) {
    std::string bytes(size, 'x');
    std::memcpy(bytes.data(), &i, sizeof i);
    return bytes;
}

// ------------------------------------------------------------------------------- the server's process

/// What the server's process says.
struct state {
    std::uint64_t port, raw_port;
    std::uint64_t encoded; // items, so far
    double cpu_ns, resident, heap;
};

/// What is sent there comes back.
asio::awaitable<void> raw_echo(tcp::socket s) {
    s.set_option(tcp::no_delay(true));
    co_await s.async_wait(tcp::socket::wait_read, use_awaitable); // an idle one has no buffer
    std::string buffer(16 * 1024, '\0');
    for (;;) {
        boost::system::error_code ec;
        const auto n = co_await s.async_read_some(
            asio::buffer(buffer), asio::redirect_error(use_awaitable, ec));
        if (ec)
            co_return;
        co_await asio::async_write(s, asio::buffer(buffer, n), use_awaitable);
    }
}

class far_side {
public:
    explicit far_side(asio::io_context& ctx, int control)
        : ctx_(ctx), control_(ctx, control), raw_(ctx, {asio::ip::address_v4::loopback(), 0}),
          ticks_(ctx.get_executor()), server_(ctx.get_executor(), options()) {
        const asio::any_io_executor ex = ctx.get_executor();
        server_.on_stream("numbers", [ex](const rsocket::request& r) {
            const std::size_t size = std::stoul(r.message.data);
            const std::uint64_t n = std::stoull(r.message.data.substr(r.message.data.find(' ')));
            return streamx::range(std::uint64_t(0), n) | streamx::on(ex) |
                   streamx::map([size](std::uint64_t i) { return payload(numbered(size, i)); });
        });
        server_.on_response(
            "echo", [](rsocket::request r) { return payload(std::move(r.message.data)); });
        server_.publish("ticks", ticks_, {.overflow = streamx::overflow::wait, .capacity = 256});
        url_ = server_.listen("tcp://127.0.0.1:0");
        asio::co_spawn(ctx, obey(), check);
        asio::co_spawn(ctx, accept_raw(), check);
    }

private:
    static rsocket::server_options options() {
        rsocket::server_options o;
        o.connections = 100'000;
        return o;
    }

    asio::awaitable<void> obey() {
        for (;;) {
            order o{};
            boost::system::error_code ec;
            co_await asio::async_read(
                control_, asio::buffer(&o, sizeof o), asio::redirect_error(use_awaitable, ec));
            if (ec)
                std::_Exit(0);
            if (o.what == order::tell) {
                write_to(
                    control_.native_handle(),
                    state{
                        std::stoul(url_.substr(url_.rfind(':') + 1)),
                        raw_.local_endpoint().port(),
                        encoded_,
                        cpu_ns(),
                        resident(),
                        heap()});
                continue;
            }
            co_await ticks_.async_wait_subscribers(subscribers, use_awaitable);
            for (std::uint64_t i = 0; i != o.n; ++i)
                co_await ticks_.put(encode(i));
        }
    }

    payload encode(std::uint64_t i) {
        ++encoded_;
        return payload(numbered(64, i));
    }

    asio::awaitable<void> accept_raw() {
        for (;;)
            asio::co_spawn(
                ctx_, raw_echo(co_await raw_.async_accept(use_awaitable)), asio::detached);
    }

    asio::io_context& ctx_;
    asio::posix::stream_descriptor control_;
    tcp::acceptor raw_;
    streamx::broadcast<payload> ticks_;
    rsocket::server server_;
    std::string url_;
    std::uint64_t encoded_ = 0;
};

using server_process = far_process<far_side, state>;

std::string url_of(const server_process& far) {
    return "tcp://127.0.0.1:" + std::to_string(far.ask().port);
}

// ------------------------------------------------------------------------------- the client's process

rsocket::client connect(asio::io_context& ctx, const std::string& url, std::uint32_t window) {
    rsocket::client_options options;
    options.window = window;
    rsocket::client made;
    ctx.restart();
    rsocket::async_connect(
        ctx.get_executor(), url, options, [&](boost::system::error_code ec, rsocket::client c) {
            if (ec)
                throw boost::system::system_error(ec);
            made = std::move(c);
            ctx.stop();
        });
    ctx.run();
    return made;
}

/// Half a megabyte may be on its way: less than what the peers leave to the buffers of their sockets.
std::uint32_t window_of(std::size_t size) { return static_cast<std::uint32_t>(512 * 1024 / size); }

payload request_of(std::size_t size, std::uint64_t n) {
    return payload(std::to_string(size) + ' ' + std::to_string(n));
}

/// Takes what is there, then waits for more.
asio::awaitable<void>
take_all(rsocket::payload_stream& items, std::uint64_t& sum, std::uint64_t& got) {
    for (;;) {
        auto item = items.try_next();
        if (item.is_end())
            co_return;
        if (item) {
            sum += number_of(item->data);
            ++got;
        } else {
            co_await items.async_wait(use_awaitable);
        }
    }
}

asio::awaitable<void> take_one_by_one(rsocket::payload_stream& items, std::uint64_t& sum) {
    while (const auto item = co_await items.next())
        sum += number_of(item->data);
}

/// Runs until `work` is done; the client's connection stays.
void run_until_done(asio::io_context& ctx, asio::awaitable<void> work) {
    ctx.restart();
    asio::co_spawn(ctx, std::move(work), [&](std::exception_ptr failure) {
        check(failure);
        ctx.stop();
    });
    ctx.run();
}

void one_stream(const server_process& far, std::size_t size, bool plain) {
    const std::string name =
        std::string("rsocket/stream") + (plain ? "_default/" : "/") + std::to_string(size);
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    auto client =
        connect(ctx, url_of(far), plain ? rsocket::client_options().window : window_of(size));
    run(
        name,
        [&](std::uint64_t n) {
            std::uint64_t sum = 0, got = 0;
            auto items = client.request_stream("numbers", request_of(size, n));
            run_until_done(ctx, plain ? take_one_by_one(items, sum) : take_all(items, sum, got));
            return sum;
        },
        sum_below);
}

void many_streams(const server_process& far, std::size_t size) {
    constexpr std::size_t many = 100;
    const std::string name = "rsocket/streams_100/" + std::to_string(size);
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    auto client = connect(ctx, url_of(far), window_of(size));
    double ahead = 0;
    run(
        name,
        [&](std::uint64_t n) {
            std::vector<std::uint64_t> got(many);
            std::uint64_t sum = 0;
            std::size_t open = many;
            std::vector<rsocket::payload_stream> streams;
            for (std::size_t i = 0; i != many; ++i)
                streams.push_back(client.request_stream("numbers", request_of(size, n / many)));
            ctx.restart();
            for (std::size_t i = 0; i != many; ++i)
                asio::co_spawn(ctx, take_all(streams[i], sum, got[i]), [&](std::exception_ptr e) {
                    check(e);
                    if (open == many) // the first that ends
                        ahead = double(*std::ranges::max_element(got)) /
                                double(std::max<std::uint64_t>(*std::ranges::min_element(got), 1));
                    if (--open == 0)
                        ctx.stop();
                });
            ctx.run();
            return sum;
        },
        [](std::uint64_t n) { return many * sum_below(n / many); },
        many);
    std::printf("fastest_to_slowest=%.3f\n", ahead);
}

void round_trips(const server_process& far, std::size_t size) {
    const std::string name = "rsocket/round_trip/" + std::to_string(size);
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    auto client = connect(ctx, url_of(far), 256);
    run(
        name,
        [&](std::uint64_t n) {
            std::uint64_t sum = 0;
            const auto work = [&]() -> asio::awaitable<void> {
                for (std::uint64_t i = 0; i != n; ++i) {
                    payload question(numbered(size, i));
                    const auto answer = co_await client.async_request_response(
                        "echo", std::move(question), use_awaitable);
                    sum += number_of(answer.data);
                }
            };
            run_until_done(ctx, work());
            return sum;
        },
        sum_below);
}

void raw_round_trips(const server_process& far, std::size_t size) {
    const std::string name = "rsocket/raw_round_trip/" + std::to_string(size);
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    tcp::socket socket(ctx);
    socket.connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(far.ask().raw_port)});
    socket.set_option(tcp::no_delay(true));
    run(
        name,
        [&](std::uint64_t n) {
            std::uint64_t sum = 0;
            const auto work = [&]() -> asio::awaitable<void> {
                for (std::uint64_t i = 0; i != n; ++i) {
                    auto bytes = numbered(size, i);
                    co_await asio::async_write(socket, asio::buffer(bytes), use_awaitable);
                    co_await asio::async_read(socket, asio::buffer(bytes), use_awaitable);
                    sum += number_of(bytes);
                }
            };
            run_until_done(ctx, work());
            return sum;
        },
        sum_below);
}

void fan_out(const server_process& far) {
    const std::string name = "rsocket/fan_out/" + std::to_string(subscribers);
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    const auto url = url_of(far);
    std::vector<rsocket::client> clients;
    std::vector<rsocket::payload_stream> streams;
    for (std::size_t i = 0; i != subscribers; ++i) {
        clients.push_back(connect(ctx, url, 256));
        streams.push_back(clients.back().request_stream("ticks"));
    }
    // The clients take their items together in one loop, so that this side is not what is waited for.
    std::uint64_t due = 0, got = 0;
    for (auto& s : streams)
        asio::co_spawn(
            ctx,
            [&]() -> asio::awaitable<void> {
                auto& mine = s;
                for (;;) {
                    const auto item = mine.try_next();
                    if (item.is_end())
                        throw std::runtime_error("the server has ended a subscription");
                    if (!item)
                        co_await mine.async_wait(use_awaitable);
                    else if (++got == due)
                        ctx.stop();
                }
            },
            check);
    double server_ns = 0, encoded = 0;
    run(
        name,
        [&](std::uint64_t n) {
            const auto before = far.ask();
            due = n;
            got = 0;
            far.put(n / subscribers);
            ctx.restart();
            ctx.run();
            const auto after = far.ask();
            server_ns = (after.cpu_ns - before.cpu_ns) / double(n);
            encoded = double(after.encoded - before.encoded) / double(n / subscribers);
            return got;
        },
        [](std::uint64_t n) { return n; },
        subscribers);
    std::printf("server_cpu_ns=%.0f encodes_an_item=%g\n", server_ns, encoded);
}

template <class Connect>
void idle(const server_process& far, const std::string& name, Connect connect_one) {
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    std::vector<decltype(connect_one(ctx))> open;
    for (std::size_t i = 0; i != 100; ++i) // what the first ones cost once is not counted
        open.push_back(connect_one(ctx));
    const auto before = far.ask();
    for (std::size_t i = 0; i != idle_connections; ++i)
        open.push_back(connect_one(ctx));
    const auto after = far.ask();
    print_memory(name, idle_connections, before, after);
}

} // namespace

int main(int argc, char** argv) {
    init(argc, argv);
    allow_many_files();

    const server_process far;
    for (std::size_t size : {16u, 64u, 256u, 1024u, 16'384u}) {
        one_stream(far, size, false);
        one_stream(far, size, true);
        many_streams(far, size);
        round_trips(far, size);
        raw_round_trips(far, size);
    }
    fan_out(far);
    idle(far, "rsocket/idle", [url = url_of(far)](asio::io_context& ctx) {
        return connect(ctx, url, 256);
    });
    idle(far, "rsocket/raw_idle", [port = far.ask().raw_port](asio::io_context& ctx) {
        tcp::socket s(ctx);
        s.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        return s;
    });
}
