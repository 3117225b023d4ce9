// One operator: what a pipeline costs to compile, by the number of its operators.
#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <utility>

int main() {
    using namespace streamx;
    asio::io_context ctx;
    auto numbers = range(0, 1000) | on(ctx) | map([](int i) { return i * 3; });
    async_fold(std::move(numbers), 0, std::plus<>(), [](std::exception_ptr, int sum) {
        std::printf("%d\n", sum);
    });
    ctx.run();
}
