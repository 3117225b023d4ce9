// A channel between strands of one io_context that two threads run: one or four producers, one
// consumer, each on a strand of its own.
#include "bench.hpp"
#include "raw.hpp"

#include <streamx/channels/channel.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace streamx::bench {
namespace {

void run_on_two_threads(asio::io_context& ctx) {
    std::thread other([&] { ctx.run(); });
    ctx.run();
    other.join();
}

/// The first of the numbers that producer k of `producers` sends.
std::uint64_t share(std::uint64_t n, std::uint64_t k, std::uint64_t producers) {
    return n * k / producers;
}

std::uint64_t pump(std::uint64_t n, std::size_t capacity, std::uint64_t producers) {
    asio::io_context ctx(2);
    const auto consumer = asio::make_strand(ctx);
    std::uint64_t sum = 0;
    {
        auto [tx, rx] = make_channel<std::uint64_t>(consumer, capacity);
        async_fold(
            std::move(rx),
            std::uint64_t(0),
            std::plus{},
            asio::bind_executor(
                consumer, [&](std::exception_ptr, std::uint64_t total) { sum = total; }));
        for (std::uint64_t k = 0; k < producers; ++k)
            forward_to(
                range(share(n, k, producers), share(n, k + 1, producers)),
                sender<std::uint64_t>(tx),
                asio::bind_executor(asio::make_strand(ctx), [](std::exception_ptr) {}));
    }
    run_on_two_threads(ctx);
    return sum;
}

std::uint64_t pump_raw(std::uint64_t n, std::size_t capacity, std::uint64_t producers) {
    asio::io_context ctx(2);
    const auto consumer = asio::make_strand(ctx);
    raw_concurrent_channel channel(consumer, capacity);
    std::uint64_t sum = 0;
    asio::post(consumer, [&] {
        raw_receiver<raw_concurrent_channel, bound_to<decltype(consumer)>>{
            &channel, {consumer}, n, &sum}
            .start();
    });
    for (std::uint64_t k = 0; k < producers; ++k) {
        const auto producer = asio::make_strand(ctx);
        asio::post(
            producer,
            raw_sender<raw_concurrent_channel, bound_to<decltype(consumer)>>{
                &channel, {producer}, share(n, k, producers), share(n, k + 1, producers)});
    }
    run_on_two_threads(ctx);
    return sum;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    for (const std::uint64_t producers : {1, 4})
        for (const std::size_t capacity : {1, 64, 1024}) {
            const auto suffix =
                "/p" + std::to_string(producers) + "/cap" + std::to_string(capacity);
            run(
                "cross/streamx" + suffix,
                [=](std::uint64_t n) { return pump(n, capacity, producers); },
                sum_below);
            run(
                "cross/raw_try_first" + suffix,
                [=](std::uint64_t n) { return pump_raw(n, capacity, producers); },
                sum_below);
        }
}
