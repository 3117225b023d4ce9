// A fast producer, a slow consumer and a channel of four between them: the producer is suspended
// while the channel is full, so it is never more than the capacity ahead.
//
// Prints:
//   received 20 of 20, in order
//   the producer was at most 4 ahead
//   the channel held at most 4
//   the producer was held back: yes

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace asio = boost::asio;

struct report {
    std::vector<std::int64_t> results;
    std::size_t most_ahead = 0;
    streamx::channel_stats channel;
};

asio::awaitable<void> send_all(
    std::vector<std::int64_t> data, streamx::sender<std::int64_t> out, std::shared_ptr<report> r) {
    for (std::size_t sent = 0; sent != data.size();) {
        co_await out.send(data[sent++]); // waits while the channel is full
        r->most_ahead = std::max(r->most_ahead, sent - r->results.size());
    }
}

/// Sends `data` through a channel of `capacity` to a consumer that takes `delay` for each item.
asio::awaitable<report> async_backpressure(
    std::vector<std::int64_t> data, std::size_t capacity, std::chrono::milliseconds delay) {
    auto ex = co_await asio::this_coro::executor;
    auto [tx, rx] = streamx::make_channel<std::int64_t>(ex, capacity);
    auto r = std::make_shared<report>();
    asio::co_spawn(ex, send_all(std::move(data), std::move(tx), r), asio::detached);

    asio::steady_timer work(ex);
    while (auto item = co_await rx.next()) {
        r->results.push_back(*item);
        work.expires_after(delay);
        co_await work.async_wait(asio::use_awaitable);
    }
    r->channel = rx.stats();
    co_return *r;
}

asio::awaitable<void> run() {
    std::vector<std::int64_t> data(20);
    std::iota(data.begin(), data.end(), 0);

    const auto r = co_await async_backpressure(data, 4, std::chrono::milliseconds(2));

    std::cout << "received " << r.results.size() << " of " << data.size()
              << (r.results == data ? ", in order\n" : ", NOT in order\n")
              << "the producer was at most " << r.most_ahead << " ahead\n"
              << "the channel held at most " << r.channel.high_water << '\n'
              << "the producer was held back: "
              << (r.channel.blocked_for > std::chrono::milliseconds(2) ? "yes\n" : "no\n");
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
