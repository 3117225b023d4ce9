// Five items into a channel of two that nobody reads: what each policy does with the other three.
// Nothing is lost silently: what is dropped is counted and handed to a hook.
//
// Prints:
//   wait: sent 2, refused 3, dropped none, then received 1 2
//   drop_oldest: sent 5, refused 0, dropped 1 2 3 (3), then received 4 5
//   drop_newest: sent 5, refused 0, dropped 3 4 5 (3), then received 1 2
//   fail: sent 2, refused 3, dropped none, then received 1 2
//   async_send under fail: there is no room, and the overflow policy is to fail

#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;

void show(const char* name, streamx::overflow policy) {
    asio::io_context context;
    std::string dropped;
    auto [tx, rx] = streamx::make_channel<int>(
        context.get_executor(),
        {.capacity = 2, .overflow = policy, .on_undelivered = [&](int&& item) {
             dropped += std::to_string(item) + ' ';
         }});

    int sent = 0, refused = 0;
    for (int i = 1; i <= 5; ++i)
        ++(tx.try_send(i) ? sent : refused); // a try never waits, whatever the policy

    std::cout << name << ": sent " << sent << ", refused " << refused << ", dropped ";
    if (dropped.empty())
        std::cout << "none";
    else
        std::cout << dropped << '(' << rx.stats().dropped << ')';
    std::cout << ", then received";
    while (auto item = rx.try_next())
        std::cout << ' ' << *item;
    std::cout << '\n';
}

int main() {
    show("wait", streamx::overflow::wait);
    show("drop_oldest", streamx::overflow::drop_oldest);
    show("drop_newest", streamx::overflow::drop_newest);
    show("fail", streamx::overflow::fail);

    asio::io_context context;
    auto [tx, rx] = streamx::make_channel<int>(
        context.get_executor(), {.capacity = 1, .overflow = streamx::overflow::fail});
    tx.try_send(1);
    tx.async_send(2, [](streamx::error_code ec) { // errc::full
        std::cout << "async_send under fail: " << ec.message() << '\n';
    });
    context.run();
}
