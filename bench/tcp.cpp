// One direction over loopback TCP, two processes: messages with a length in front.
//
//   tcp/streamx/owned/<bytes>     try_send of a view; the receiver gets shared_bytes
//   tcp/streamx/strings/<bytes>   the same, the receiver gets std::strings
//   tcp/streamx/views/<bytes>     the same, the receiver gets string_views
//   tcp/streamx/co_await/<bytes>  as users write it: one co_await an item on both sides, owned
//   tcp/raw/one_by_one/<bytes>    raw Asio with an operation a message: one async_write, two async_reads

#include "two_processes.hpp"

#include <streamx/io/length_prefixed.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace io = streamx::io;
using namespace streamx::bench;

namespace {

constexpr std::size_t head = 4;
constexpr asio::use_awaitable_t<executor> token;

// ------------------------------------------------------------------------------------------ streamx

constexpr auto send_many = [](std::size_t size) {
    return [size](asio::io_context& ctx, socket_type socket, auto next_count) {
        auto out = io::length_prefixed_sink(std::move(socket));
        message m(size);
        while (const auto n = next_count()) {
            ctx.restart();
            asio::co_spawn(
                ctx,
                [&]() -> asio::awaitable<void, executor> {
                    for (std::uint64_t i = 0; i != n; ++i)
                        while (!out.try_send(m.number(i)))
                            co_await out.async_wait(token);
                },
                check);
            ctx.run();
        }
    };
};

/// Pulls `n` items and leaves the stream open.
template <class Stream>
std::uint64_t sum_of(asio::io_context& ctx, Stream& in, std::uint64_t n) {
    std::uint64_t sum = 0;
    asio::co_spawn(
        ctx,
        [&]() -> asio::awaitable<void, executor> {
            while (n != 0) {
                while (n != 0) {
                    auto item = in.try_next();
                    if (!item)
                        break;
                    sum += number_of(*item);
                    --n;
                }
                if (n != 0)
                    co_await in.async_wait(token);
            }
        },
        check);
    ctx.run();
    return sum;
}

template <class Make>
void streamx_many(const std::string& what, std::size_t size, Make make) {
    pair(
        "tcp/streamx/" + what + "/" + std::to_string(size),
        send_many(size),
        [&](asio::io_context& ctx, socket_type socket, auto measure) {
            auto in = make(std::move(socket));
            measure([&](std::uint64_t n) { return sum_of(ctx, in, n); });
        });
}

void streamx_one_by_one(std::size_t size) {
    pair(
        "tcp/streamx/co_await/" + std::to_string(size),
        [size](asio::io_context& ctx, socket_type socket, auto next_count) {
            auto out = io::length_prefixed_sink(std::move(socket));
            message m(size);
            while (const auto n = next_count()) {
                ctx.restart();
                asio::co_spawn(
                    ctx,
                    [&]() -> asio::awaitable<void> {
                        for (std::uint64_t i = 0; i != n; ++i)
                            co_await out.send(m.number(i));
                    },
                    check);
                ctx.run();
            }
        },
        [](asio::io_context& ctx, socket_type socket, auto measure) {
            auto in = io::length_prefixed<io::shared_bytes>(std::move(socket));
            measure([&](std::uint64_t n) {
                std::uint64_t sum = 0;
                asio::co_spawn(
                    ctx,
                    [&]() -> asio::awaitable<void> {
                        for (std::uint64_t i = 0; i != n; ++i) {
                            const auto item = co_await in.next();
                            sum += number_of(*item);
                        }
                    },
                    check);
                ctx.run();
                return sum;
            });
        });
}

// ---------------------------------------------------------------------------------------------- raw

void raw_one_by_one(std::size_t size) {
    pair(
        "tcp/raw/one_by_one/" + std::to_string(size),
        [size](asio::io_context& ctx, socket_type socket, auto next_count) {
            message m(size);
            while (const auto n = next_count()) {
                ctx.restart();
                asio::co_spawn(
                    ctx,
                    [&]() -> asio::awaitable<void, executor> {
                        for (std::uint64_t i = 0; i != n; ++i) {
                            const auto length = static_cast<std::uint32_t>(size);
                            const std::array<asio::const_buffer, 2> both{
                                asio::buffer(&length, head), asio::buffer(m.number(i))};
                            co_await asio::async_write(socket, both, token);
                        }
                    },
                    check);
                ctx.run();
            }
        },
        [size](asio::io_context& ctx, socket_type socket, auto measure) {
            std::string into(size, '\0');
            measure([&](std::uint64_t n) {
                std::uint64_t sum = 0;
                asio::co_spawn(
                    ctx,
                    [&]() -> asio::awaitable<void, executor> {
                        for (std::uint64_t i = 0; i != n; ++i) {
                            std::uint32_t length = 0;
                            co_await asio::async_read(socket, asio::buffer(&length, head), token);
                            co_await asio::async_read(socket, asio::buffer(into, length), token);
                            sum += number_of(into);
                        }
                    },
                    check);
                ctx.run();
                return sum;
            });
        });
}

} // namespace

int main(int argc, char** argv) {
    init(argc, argv);
    for (std::size_t size : {16u, 64u, 256u, 1024u, 16'384u}) {
        streamx_many("owned", size, [](socket_type s) {
            return io::length_prefixed<io::shared_bytes>(std::move(s));
        });
        streamx_many(
            "strings", size, [](socket_type s) { return io::length_prefixed(std::move(s)); });
        streamx_many(
            "views", size, [](socket_type s) { return io::length_prefixed_view(std::move(s)); });
        streamx_one_by_one(size);
        raw_one_by_one(size);
    }
}
