// The program that each of the four projects here builds, in its own way, and runs.

#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <iostream>
#include <utility>

int main() {
    boost::asio::io_context ctx;

    auto doubled = streamx::range(0, 10) | streamx::on(ctx.get_executor()) |
                   streamx::map([](int i) { return i * 2; });
    auto sum = streamx::async_fold(std::move(doubled), 0, std::plus<>{}, boost::asio::use_future);
    ctx.run();

    int got = sum.get();
    std::cout << "the sum is " << got << '\n';
    return got == 90 ? 0 : 1;
}
