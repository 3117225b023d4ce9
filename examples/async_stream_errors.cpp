// Errors as items, in both meanings: kept, so that the stream goes on after them, or the first one
// ends it. What a function throws can be kept as well.
//
// Prints:
//   kept: 2 4 (failed on 3) 8 10
//   left out, after a look: 2 4 8 10, 1 error
//   the first ends it: 2 4, then failed on 3
//   thrown, and kept: 2 4 (failed on 3) 8 10

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

/// Our error: any type will do that can be copied and made of nothing. This one is an exception too, for
/// when it is thrown.
struct failed_on : std::runtime_error {
    explicit failed_on(const std::string& what = "nothing") : runtime_error("failed on " + what) {}
};

// [results]
/// Each number doubled, and an error in the place of the one that it fails on.
auto async_stream_errors(std::vector<std::int64_t> data, std::int64_t fail_on) {
    using doubled = streamx::result<std::int64_t, failed_on>;
    return streamx::from_range(std::move(data)) |
           streamx::map([fail_on](std::int64_t n) -> doubled {
               if (n == fail_on)
                   return failed_on(std::to_string(n));
               return 2 * n;
           });
}
// [/results]

asio::awaitable<void> kept(std::vector<std::int64_t> data) {
    std::cout << "kept:";
    auto all = co_await streamx::async_collect(async_stream_errors(data, 3), asio::use_awaitable);
    for (const auto& item : all) {
        if (item)
            std::cout << ' ' << *item;
        else
            std::cout << " (" << item.error().what() << ')';
    }
    std::cout << '\n';
}

asio::awaitable<void> left_out(std::vector<std::int64_t> data) {
    std::cout << "left out, after a look:";
    // [skip]
    int errors = 0;
    auto values = async_stream_errors(data, 3) |
                  streamx::inspect_error([&](const failed_on&) { ++errors; }) |
                  streamx::skip_errors();
    while (auto value = co_await values.next())
        std::cout << ' ' << *value;
    // [/skip]
    std::cout << ", " << errors << " error\n";
}

asio::awaitable<void> first_ends_it(std::vector<std::int64_t> data) {
    std::cout << "the first ends it:";
    // [fail_fast]
    auto values = async_stream_errors(data, 3) | streamx::fail_fast();
    try {
        while (auto value = co_await values.next())
            std::cout << ' ' << *value;
    } catch (const failed_on& e) {
        std::cout << ", then " << e.what() << '\n';
    }
    // [/fail_fast]
}

asio::awaitable<void> thrown_and_kept(std::vector<std::int64_t> data) {
    std::cout << "thrown, and kept:";
    // [catch]
    auto throws = [](std::int64_t n) {
        return n == 3 ? throw failed_on(std::to_string(n)) : 2 * n;
    };
    auto results = streamx::from_range(data) | streamx::map(throws) | streamx::catch_errors();
    while (auto item = co_await results.next()) {
        try {
            const auto value = item->value(); // throws what the function threw
            std::cout << ' ' << value;
        } catch (const failed_on& e) {
            std::cout << " (" << e.what() << ')';
        }
    }
    // [/catch]
    std::cout << '\n';
}

asio::awaitable<void> run() {
    const std::vector<std::int64_t> data = {1, 2, 3, 4, 5};
    co_await kept(data);
    co_await left_out(data);
    co_await first_ends_it(data);
    co_await thrown_and_kept(data);
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
