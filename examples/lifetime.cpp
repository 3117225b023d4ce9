// Two workers that a scope owns: one ticks and stops in good order when it is asked to, the other
// never ends by itself and is cancelled when the deadline has passed. The clock is virtual, so that the
// program prints the same each time and at once.
//
// Prints:
//   2 s: stop
//   2 s: the ticker is done, after 2 ticks
//   7 s: stubborn was cancelled
//   7 s: all have ended

#include <streamx/streamx.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

void say(const streamx::testing::virtual_clock& clock, const std::string& what) {
    std::cout << std::chrono::duration_cast<std::chrono::seconds>(clock.elapsed()).count()
              << " s: " << what << "\n";
}

// [stubborn]
/// Does not listen to the stop token: it has to be cancelled.
asio::awaitable<void> stubborn() {
    for (;;)
        co_await streamx::sleep_for(1h);
}
// [/stubborn]

int main() {
    asio::io_context context;
    streamx::testing::virtual_clock clock(context);
    std::size_t ticks = 0;

    // [spawn]
    streamx::scope scope(context.get_executor());
    const auto strand = asio::make_strand(context);

    // A pipeline: its last operator does the work. The kill switch ends it when a stop is requested.
    auto ticker = streamx::interval(strand, 1s) | streamx::inspect([&](std::size_t) { ++ticks; }) |
                  streamx::stop_on(scope.get_stop_token());
    scope.spawn(strand, std::move(ticker), [&](std::exception_ptr failure) {
        if (streamx::to_end_reason(failure) == streamx::end_reason::done)
            say(clock, "the ticker is done, after " + std::to_string(ticks) + " ticks");
    });

    // A coroutine, which tells of its end likewise.
    scope.spawn(strand, stubborn(), [&](std::exception_ptr failure) {
        if (streamx::to_end_reason(failure) == streamx::end_reason::cancelled)
            say(clock, "stubborn was cancelled");
    });
    // [/spawn]

    clock.run_for(2s);
    say(clock, "stop");
    // [stop]
    // Whoever listens to the stop token has five seconds; what is left then is cancelled. The failure is
    // the first one of a child.
    scope.async_stop(5s, [&](std::exception_ptr failure) {
        if (!failure)
            say(clock, "all have ended");
    });
    // [/stop]
    clock.run();
}
