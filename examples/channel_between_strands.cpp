// Four producers on four strands, one consumer on a fifth, two threads. Each end of the channel
// completes on its own strand, so what a strand owns needs no lock.
//
// Prints:
//   4000 items, sum 7998000
//   every sender's items arrived in order: yes

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <iostream>
#include <utility>

namespace asio = boost::asio;

struct message {
    int from;
    int number;
};

struct summary {
    long sum = 0;
    int count = 0;
    bool in_order = true;
    std::array<int, 4> next = {0, 1, 2, 3};
};

asio::awaitable<void> send_every_fourth(int from, streamx::sender<message> out) {
    for (int i = from; i < 4000; i += 4)
        co_await out.send({from, i});
}

int main() {
    asio::thread_pool threads(2);

    auto consumer = asio::make_strand(threads);
    auto [tx, rx] = streamx::make_channel<message>(consumer, 64);
    for (int from = 0; from != 4; ++from) {
        auto producer = asio::make_strand(threads);
        auto out = streamx::sender<message>(tx).on(producer);
        asio::co_spawn(producer, send_every_fourth(from, std::move(out)), asio::detached);
    }
    {
        auto done = std::move(tx);
    } // the producers have their copies; when the last goes, it ends

    auto future = streamx::async_fold(
        std::move(rx),
        summary(),
        [](summary s, message m) { // always on the consumer's strand
            s.in_order = s.in_order && m.number == std::exchange(s.next[m.from], m.number + 4);
            s.sum += m.number;
            ++s.count;
            return s;
        },
        asio::use_future);

    const auto s = future.get();
    threads.join();
    std::cout << s.count << " items, sum " << s.sum << '\n'
              << "every sender's items arrived in order: " << (s.in_order ? "yes" : "no") << '\n';
}
