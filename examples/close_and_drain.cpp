// The ways in which a channel ends, and what becomes of the items: closing throws nothing away, and
// a send that comes too late keeps its item.
//
// Prints:
//   the sender closed: 1 2 then the end
//   the receiver closed: 1 then the end
//   a send after that: the other end is closed or gone
//   and the item is still here: late
//   the last receiver went: never delivered: early
//   and the sender that waited gets: the other end is closed or gone

#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;

template <class T>
void print_rest(streamx::receiver<T>& rx) {
    while (auto item = rx.try_next())
        std::cout << *item << ' ';
    std::cout << (rx.try_next().is_end() ? "then the end\n" : "and it is open\n");
}

void sender_closes(asio::io_context& context) {
    auto [tx, rx] = streamx::make_channel<int>(context.get_executor(), 4);
    tx.try_send(1);
    tx.try_send(2);
    tx.close();
    std::cout << "the sender closed: ";
    print_rest(rx);
}

void receiver_closes(asio::io_context& context) {
    auto [tx, rx] = streamx::make_channel<std::string>(context.get_executor(), 4);
    tx.try_send("1");
    rx.close(); // no more, but what is there can be drained
    std::cout << "the receiver closed: ";
    print_rest(rx);

    std::string item = "late";
    tx.async_send(std::ref(item), [](streamx::error_code ec) {
        std::cout << "a send after that: " << ec.message() << '\n';
    });
    context.run();
    context.restart();
    std::cout << "and the item is still here: " << item << '\n';
}

void receiver_goes(asio::io_context& context) {
    auto [tx, rx] = streamx::make_channel<std::string>(
        context.get_executor(),
        {.capacity = 1, .on_undelivered = [](std::string&& item) {
             std::cout << "the last receiver went: never delivered: " << item << '\n';
         }});
    tx.try_send("early");

    std::string item = "late";
    tx.async_send(std::ref(item), [](streamx::error_code ec) { // waits: the channel is full
        std::cout << "and the sender that waited gets: " << ec.message() << '\n';
    });
    asio::post(context, [last = std::optional(std::move(rx))]() mutable { last.reset(); });
    context.run();
}

int main() {
    asio::io_context context;
    sender_closes(context);
    receiver_closes(context);
    receiver_goes(context);
}
