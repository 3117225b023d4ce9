// A stream of numbers with a pause before each, and the ticks of a timer: seen with the time at which
// each comes. The clock is virtual, so that the program prints the same each time and at once; on
// the steady clock, which is there unless one puts another in its place, it takes three minutes.
//
// Prints:
//   0 s: begin
//   20 s: 0
//   40 s: 1
//   60 s: 2
//   90 s: tick
//   120 s: tick
//   180 s: woken

#include <streamx/streamx.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The numbers from 0 up to and not including `count`, `pause` apart.
template <class Executor>
auto async_delayed_stream(
    const Executor& executor, std::int64_t count, std::chrono::milliseconds pause) {
    return streamx::range(std::int64_t(0), count) | streamx::on(executor) | streamx::delay(pause);
}

template <class What>
void print(streamx::testing::virtual_clock& clock, What what) {
    std::cout << std::chrono::duration_cast<std::chrono::seconds>(clock.elapsed()).count()
              << " s: " << what << '\n';
}

asio::awaitable<void> run(streamx::testing::virtual_clock& clock) {
    const auto executor = co_await asio::this_coro::executor;
    print(clock, "begin");

    auto numbers = async_delayed_stream(executor, 3, 20s);
    while (auto n = co_await numbers.next())
        print(clock, *n);

    auto ticks = streamx::interval(executor, 30s) | streamx::take(2);
    while (co_await ticks.next())
        print(clock, "tick");

    co_await streamx::sleep_for(1min);
    print(clock, "woken");
}

int main() {
    asio::io_context context;
    streamx::testing::virtual_clock clock(context);
    asio::co_spawn(context, run(clock), asio::detached);
    clock.run();
}
