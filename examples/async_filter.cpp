// Only the items that satisfy a predicate. This time a callback takes the result: it brings the
// executor, as the stream has none.
//
// Prints:
//   4 5

#include <streamx/streamx.hpp>

#include "print.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

namespace asio = boost::asio;

/// The numbers above `threshold`.
template <class Token>
auto async_filter(std::vector<std::int64_t> data, std::int64_t threshold, Token&& token) {
    auto above = streamx::from_range(std::move(data)) |
                 streamx::filter([threshold](std::int64_t n) { return n > threshold; });
    return streamx::async_collect(std::move(above), std::forward<Token>(token));
}

int main() {
    asio::io_context context;
    async_filter(
        {1, 2, 3, 4, 5},
        3,
        asio::bind_executor(
            context, [](std::exception_ptr failure, std::vector<std::int64_t> numbers) {
                if (!failure)
                    print(numbers);
            }));
    context.run();
}
