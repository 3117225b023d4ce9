// One pipeline, with everything that the library has included. Compiled only, to see what it costs.
#include <streamx/streamx.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;

static asio::awaitable<void> produce(streamx::sender<int> tx) {
    for (int i = 0; i < 10; ++i)
        co_await tx.send(i);
}

static asio::awaitable<void> consume(streamx::receiver<int> rx, int& sum) {
    auto even = std::move(rx) | streamx::map([](int i) { return i * 3; }) |
                streamx::filter([](int i) { return i % 2 == 0; });
    while (auto item = co_await even.next())
        sum += *item;
}

int main() {
    asio::io_context ctx;
    int sum = 0;
    auto [tx, rx] = streamx::make_channel<int>(ctx.get_executor(), 4);
    asio::co_spawn(ctx, produce(std::move(tx)), asio::detached);
    asio::co_spawn(ctx, consume(std::move(rx), sum), asio::detached);
    ctx.run();
    return sum == 60 ? 0 : 1;
}
