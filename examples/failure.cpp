// What a function throws fails the stream that it is part of, and comes back as it was thrown.
// Callbacks that prefer error codes have to_error_code.
//
// Prints:
//   bad reading in line 3
//   after a failure comes the end: yes
//   as an error code: Connection reset by peer
//   the last item before it: 2

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace asio = boost::asio;

struct bad_reading : std::runtime_error {
    explicit bad_reading(int at) : std::runtime_error("bad reading"), line(at) {}
    int line;
};

// [own]
asio::awaitable<void> its_own_exception() {
    auto readings = streamx::range(1, 10) | streamx::map([](int line) {
                        if (line == 3)
                            throw bad_reading(line);
                        return line * 1.5;
                    });
    try {
        co_await streamx::async_for_each(readings, [](double) {}, asio::use_awaitable);
    } catch (const bad_reading& e) { // not a copy, not a wrapper
        std::cout << e.what() << " in line " << e.line << '\n';
    }
    auto item = co_await readings.next();
    std::cout << "after a failure comes the end: " << (item ? "no" : "yes") << '\n';
}
// [/own]

// [code]
void as_an_error_code(asio::io_context& context) {
    auto [tx, rx] = streamx::make_channel<int>(context.get_executor(), 4);
    tx.try_send(1);
    tx.try_send(2);
    tx.close(asio::error::connection_reset); // a failure instead of the end

    streamx::async_collect(
        std::move(rx), [](std::exception_ptr failure, const std::vector<int>& items) {
            std::cout << "as an error code: " << streamx::to_error_code(failure).message() << '\n'
                      << "the last item before it: " << items.back() << '\n';
        });
}
// [/code]

int main() {
    asio::io_context context;
    asio::co_spawn(context, its_own_exception(), asio::detached);
    context.run();

    as_an_error_code(context);
    context.restart();
    context.run();
}
