// The `AsyncStream` of the Python seed: one producer, every item to every consumer, and the producer
// goes on when all have asked for the next. It makes an item a beat, the consumer takes two beats
// for each, so the consumer sets the pace. In the three forms of Asio: coroutines, callbacks and
// futures.
//
// Prints:
//   coroutines: made 0, got 0, made 1, got 1, made 2, got 2, made 3, got 3, made 4, got 4, end
//   callbacks: made 0, got 0, made 1, got 1, made 2, got 2, made 3, got 3, made 4, got 4, end
//   futures: got 0 1 2 3 4, end

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto beat = 5ms; // a second, in the original

// [coroutines]
asio::awaitable<void> producer(streamx::broadcast<int>& stream) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < 5; ++i) {
        std::cout << "made " << i << ", ";
        co_await stream.put(i); // waits until every consumer has asked for it
        timer.expires_after(beat);
        co_await timer.async_wait(asio::use_awaitable);
    }
    stream.close();
}

asio::awaitable<void> consumer(streamx::subscription<int> items) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (auto value = co_await items.next()) {
        std::cout << "got " << *value << ", ";
        timer.expires_after(2 * beat);
        co_await timer.async_wait(asio::use_awaitable);
    }
    std::cout << "end\n";
}

void with_coroutines() {
    asio::io_context context;
    streamx::broadcast<int> stream(context.get_executor());
    asio::co_spawn(context, producer(stream), asio::detached); // in whatever order
    asio::co_spawn(context, consumer(stream.subscribe()), asio::detached);
    context.run();
}
// [/coroutines]

// [callbacks]
struct callback_producer {
    streamx::broadcast<int>& stream;
    asio::steady_timer timer;
    int i = 0;

    void next() {
        if (i == 5)
            return stream.close();
        std::cout << "made " << i << ", ";
        stream.async_put(i++, [this](streamx::error_code) {
            timer.expires_after(beat);
            timer.async_wait([this](streamx::error_code) { next(); });
        });
    }
};

struct callback_consumer {
    streamx::subscription<int> items;
    asio::steady_timer timer;

    void next() {
        items.async_next([this](std::exception_ptr, std::optional<int> value) {
            if (!value) {
                std::cout << "end\n";
                return;
            }
            std::cout << "got " << *value << ", ";
            timer.expires_after(2 * beat);
            timer.async_wait([this](streamx::error_code) { next(); });
        });
    }
};

void with_callbacks() {
    asio::io_context context;
    streamx::broadcast<int> stream(context.get_executor());
    callback_producer producer{stream, asio::steady_timer(context)};
    callback_consumer consumer{stream.subscribe(), asio::steady_timer(context)};
    producer.next();
    consumer.next();
    context.run();
}
// [/callbacks]

// [futures]
void with_futures() {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::jthread runs([&] { context.run(); });
    streamx::broadcast<int> stream(context.get_executor());
    auto items = stream.subscribe();
    std::jthread producer([&] {
        for (int i = 0; i < 5; ++i) {
            stream.async_put(i, asio::use_future).get();
            std::this_thread::sleep_for(beat);
        }
        stream.close();
    });

    std::cout << "got";
    while (auto value = items.async_next(asio::use_future).get()) {
        std::cout << ' ' << *value;
        std::this_thread::sleep_for(2 * beat);
    }
    std::cout << ", end\n";
    work.reset();
}
// [/futures]

int main() {
    std::cout << "coroutines: ";
    with_coroutines();
    std::cout << "callbacks: ";
    with_callbacks();
    std::cout << "futures: ";
    with_futures();
}
