// From asynchronous code back to a plain call: any terminal with `asio::use_future`, for `main`
// and for tests.
//
// Prints:
//   squares: 1 4 9
//   a failure: no reading
//   on one thread: 100 items

#include <streamx/streamx.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <exception>
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;

void with_a_thread_for_the_context() {
    // [another_thread]
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::thread runs([&] { context.run(); });

    auto squares =
        streamx::range(1, 4) | streamx::map([](int i) { return i * i; }) | streamx::on(context);
    std::future<std::vector<int>> all =
        streamx::async_collect(std::move(squares), asio::use_future);

    std::cout << "squares:";
    for (int square : all.get()) // waits, while the other thread works
        std::cout << ' ' << square;
    std::cout << '\n';
    // [/another_thread]

    auto broken = streamx::just_error<int>(std::runtime_error("no reading")) | streamx::on(context);
    // [failure]
    try {
        streamx::async_drain(std::move(broken), asio::use_future).get();
    } catch (const std::exception& e) { // what the stream threw
        std::cout << "a failure: " << e.what() << '\n';
    }
    // [/failure]

    work.reset();
    runs.join();
}

void with_one_thread() {
    // [one_thread]
    asio::io_context context;
    auto count =
        streamx::async_count(streamx::range(0, 100) | streamx::on(context), asio::use_future);

    context.run(); // first let it happen ...

    std::cout << "on one thread: " << count.get() << " items\n"; // ... then ask for what came of it
    // [/one_thread]
}

int main() {
    with_a_thread_for_the_context();
    with_one_thread();
}
