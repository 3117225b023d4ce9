// A stream of one's own: the ticks of a timer. It says what it gives, where it runs, how to try and
// how to wait; operators, terminals and next() come from the library.
//
// Prints:
//   tick 1
//   tick 2
//   tick 3
//   a wait that is cancelled: Operation canceled
//   and the tick is not lost: 1

#include <streamx/streamx.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// [own_stream]
class ticks : public streamx::stream_interface<ticks> {
public:
    using value_type = int;
    using executor_type = asio::any_io_executor;

    ticks(asio::any_io_executor ex, std::chrono::milliseconds period)
        : executor_(ex), timer_(ex, period), period_(period) {}

    executor_type get_executor() const { return executor_; }

    streamx::poll<int> try_next() {
        if (std::chrono::steady_clock::now() < timer_.expiry())
            return streamx::pending;
        timer_.expires_at(timer_.expiry() + period_);
        return ++count_;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return timer_.async_wait(std::forward<Token>(token));
    }

private:
    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    std::chrono::milliseconds period_;
    int count_ = 0;
};

static_assert(streamx::async_stream<ticks>);
// [/own_stream]

asio::awaitable<void> run(asio::io_context& context) {
    auto three = ticks(context.get_executor(), 1ms) | streamx::take(3);
    while (auto n = co_await three.next())
        std::cout << "tick " << *n << '\n';
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(context), asio::detached);
    context.run();
    context.restart();

    ticks slow(context.get_executor(), 5ms);
    asio::cancellation_signal cancel;
    slow.async_next(asio::bind_cancellation_slot(
        cancel.slot(), [&](std::exception_ptr failure, std::optional<int>) {
            std::cout << "a wait that is cancelled: " << streamx::to_error_code(failure).message()
                      << '\n';
            slow.async_next([](std::exception_ptr, std::optional<int> n) {
                std::cout << "and the tick is not lost: " << *n << '\n';
            });
        }));
    asio::post(context, [&] { cancel.emit(asio::cancellation_type::total); });
    context.run();
}
