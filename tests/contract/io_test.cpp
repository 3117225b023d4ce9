#include <contract/stream_contract.hpp>

#include <streamx/io/framed_stream.hpp>
#include <streamx/io/reconnect.hpp>
#include <streamx/testing/memory_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The streams of io/ keep the promises of every stream: see stream_contract.hpp.

namespace streamx::testing {
namespace {

/// A byte is an item of the plan, or its failure.
template <class T>
struct plan_codec {
    using value_type = T;

    std::optional<T> decode(std::string_view& in) {
        if (in.empty())
            return {};
        const char c = in.front();
        in.remove_prefix(1);
        if (c == '!')
            std::rethrow_exception(planned_failure());
        return p.item(c - '0');
    }

    plan<T> p;
};

/// A connection whose peer says what is planned, of which a read brings a byte if there are gaps.
template <class T>
auto read_from_peer(const asio::any_io_executor& ex, const plan<T>& p) {
    struct peer {
        memory_stream socket;
        std::string words;
        std::array<char, 1> ear;
    };
    auto [near_end, far_end] = memory_stream::pair(ex);
    if (p.gaps)
        near_end.script().read_at_most(1);
    auto other = std::make_shared<peer>(std::move(far_end), std::string(), std::array<char, 1>());
    for (int i = 1; i <= p.items; ++i)
        other->words += static_cast<char>('0' + i);
    if (p.last == finish::fails)
        other->words += '!';
    auto& socket = other->socket;
    asio::async_write(socket, asio::buffer(other->words), [other, p](error_code ec, std::size_t) {
        if (!ec && p.last == finish::ends)
            other->socket.shutdown(asio::socket_base::shutdown_send, ec);
    });
    // It is there until we are gone.
    socket.async_read_some(asio::buffer(other->ear), [other](error_code, std::size_t) {});

    io::endpoint_limits limits;
    limits.idle = io::endpoint_limits::no_deadline;
    return io::detail::read_framed(std::move(near_end), plan_codec<T>{p}, limits);
}

/// The same by way of a connection that is made first, and once.
template <class T>
auto read_from_connection(const asio::any_io_executor& ex, const plan<T>& p) {
    auto connect = [ex, p]() -> asio::awaitable<decltype(read_from_peer(ex, p))> {
        co_return read_from_peer(ex, p);
    };
    return io::reconnect(ex, {.limit = 0}, std::move(connect), nullptr);
}

// clang-format off
TEST(io_test, a_framed_stream_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return read_from_peer(ex, p); }); }
TEST(io_test, a_reconnect_stream_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return read_from_connection(ex, p); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
