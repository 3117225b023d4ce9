// Ten operators more: what a pipeline costs to compile, by the number of its operators.
#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

int main() {
    using namespace streamx;
    asio::io_context ctx;
    auto numbers = range(0, 1000) | on(ctx) | map([](int i) { return i * 3; }) |
                   filter([](int i) { return i % 2 == 0; }) | take(500) | enumerate() |
                   map([](auto pair) { return pair.second; }) | drop(3) |
                   take_while([](int i) { return i < 100000; }) | stride(2) |
                   distinct_until_changed() | chunks(3) |
                   map([](std::vector<int> v) { return v.front(); });
    async_fold(std::move(numbers), 0, std::plus<>(), [](std::exception_ptr, int sum) {
        std::printf("%d\n", sum);
    });
    ctx.run();
}
