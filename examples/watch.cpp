// A setting that is changed while two look at it: one shows each latest value that it gets round to,
// the other waits until it is loud enough. Three changes in a row are one for who is slow.
//
// Prints:
//   the volume is 3
//   the volume is 7
//   loud enough at 7
//   and 7 is how it stays

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;

// [watch]
asio::awaitable<void> show(streamx::watcher<int> volume) {
    while (auto value = co_await volume.next())
        std::cout << "the volume is " << *value << '\n';
    std::cout << "and " << volume.get() << " is how it stays\n";
}

asio::awaitable<void> complain(streamx::watcher<int> volume) {
    if (auto loud = co_await volume.wait_for([](int v) { return v > 5; }))
        std::cout << "loud enough at " << *loud << '\n';
}

asio::awaitable<void> turn(streamx::watch<int>& volume) {
    for (int v : {5, 6, 7})
        volume.set(v); // never waits
    co_await asio::post(asio::use_awaitable);
    volume.close();
}
// [/watch]

int main() {
    asio::io_context context;
    streamx::watch<int> volume(context.get_executor(), 3);
    asio::co_spawn(context, show(volume.subscribe()), asio::detached);
    asio::co_spawn(context, complain(volume.subscribe()), asio::detached);
    context.poll();
    asio::co_spawn(context, turn(volume), asio::detached);
    context.run();
}
