// The same with a raw channel and the Asio headers that it needs.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace asio = boost::asio;
using boost::system::error_code;
using channel = asio::experimental::concurrent_channel<void(error_code, int)>;

static asio::awaitable<void> produce(channel& ch) {
    for (int i = 0; i < 10; ++i)
        co_await ch.async_send(error_code{}, i, asio::use_awaitable);
}

static asio::awaitable<void> consume(channel& ch, int& sum) {
    for (int i = 0; i < 10; ++i) {
        const int item = 3 * co_await ch.async_receive(asio::use_awaitable);
        if (item % 2 == 0)
            sum += item;
    }
}

int main() {
    asio::io_context ctx;
    int sum = 0;
    channel ch(ctx, 4);
    asio::co_spawn(ctx, produce(ch), asio::detached);
    asio::co_spawn(ctx, consume(ch, sum), asio::detached);
    ctx.run();
    return sum == 60 ? 0 : 1;
}
