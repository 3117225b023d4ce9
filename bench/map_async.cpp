// An asynchronous function for each item: one that completes without waiting, one at a time, against a
// coroutine loop with one co_await an item; and one that waits, sixteen at once, against sixteen
// coroutines that one would spawn for it by hand. What these allocate is counted too:
//
//     bench=<name> items=<n> allocations_per_item=<x>
#include "bench.hpp"

#include <streamx/operators/map_async.hpp>
#include <streamx/operators/map_async_unordered.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>

// glibc's, counted: `operator new` calls the first, Asio the second.
namespace {
std::size_t allocations = 0;
}
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t n) {
    ++allocations;
    return __libc_malloc(n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) {
    ++allocations;
    return __libc_memalign(alignment, n);
}
}

namespace streamx::bench {
namespace {

using number = std::uint64_t;

constexpr std::size_t at_once = 16;

asio::awaitable<number> ready(number x) { co_return x; }

asio::awaitable<number> waiting(number x) {
    co_await asio::post(asio::use_awaitable);
    co_return x;
}

template <class Op>
number total(number n, Op op) {
    asio::io_context ctx(1);
    number result = 0;
    async_fold(
        range(number(0), n) | op,
        number(0),
        std::plus{},
        asio::bind_executor(
            ctx.get_executor(), [&](std::exception_ptr, number sum) { result = sum; }));
    ctx.run();
    return result;
}

/// The cheapest way to write it by hand: nothing between the items but the call.
template <class Fn>
number loop(number n, Fn f) {
    asio::io_context ctx(1);
    number result = 0;
    asio::co_spawn(
        ctx.get_executor(),
        [&]() -> asio::awaitable<void> {
            for (number i = 0; i != n; ++i)
                result += co_await f(i);
        },
        asio::detached);
    ctx.run();
    return result;
}

/// A coroutine is spawned for each item, and a channel of so many tokens bounds them.
template <class Fn>
number spawn_each(number n, Fn f) {
    using channel = asio::experimental::
        channel<asio::io_context::executor_type, void(boost::system::error_code)>;
    asio::io_context ctx(1);
    number result = 0;
    channel room(ctx.get_executor(), at_once);
    asio::co_spawn(
        ctx.get_executor(),
        [&]() -> asio::awaitable<void> {
            for (number i = 0; i != n; ++i) {
                if (!room.try_send(boost::system::error_code()))
                    co_await room.async_send(boost::system::error_code(), asio::use_awaitable);
                asio::co_spawn(
                    ctx.get_executor(),
                    [&, i]() -> asio::awaitable<void> {
                        result += co_await f(i);
                        room.try_receive([](boost::system::error_code) {});
                    },
                    asio::detached);
            }
        },
        asio::detached);
    ctx.run();
    return result;
}

/// Sixteen coroutines take the items from what they share: the least that can be done, as nothing
/// comes after.
template <class Fn>
number spawn_workers(number n, Fn f) {
    asio::io_context ctx(1);
    number result = 0;
    number next = 0;
    for (std::size_t k = 0; k != at_once; ++k)
        asio::co_spawn(
            ctx.get_executor(),
            [&]() -> asio::awaitable<void> {
                while (next != n) {
                    const auto x = co_await f(next++);
                    result += x;
                }
            },
            asio::detached);
    ctx.run();
    return result;
}

/// What so many more items allocate: what comes before and after is the same.
template <class Body>
void count_allocations(const std::string& name, Body body) {
    if (!selected(name))
        return;
    const number few = 2'000;
    const number many = 22'000;
    const auto before = allocations;
    body(few);
    const auto between = allocations;
    body(many);
    const auto more = double(allocations - between) - double(between - before);
    std::printf(
        "bench=%s items=%ju allocations_per_item=%.3f\n",
        name.c_str(),
        std::uintmax_t(many - few),
        more / double(many - few));
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx;
    using namespace streamx::bench;
    init(argc, argv);
    run("map_async/ready/streamx", [](number n) { return total(n, map_async(ready)); }, sum_below);
    run("map_async/ready/coroutine_loop", [](number n) { return loop(n, ready); }, sum_below);
    run(
        "map_async/unordered16/streamx",
        [](number n) { return total(n, map_async_unordered(at_once, waiting)); },
        sum_below);
    run(
        "map_async/ordered16/streamx",
        [](number n) { return total(n, map_async(at_once, waiting)); },
        sum_below);
    run(
        "map_async/unordered16/spawn_each",
        [](number n) { return spawn_each(n, waiting); },
        sum_below);
    run(
        "map_async/unordered16/spawn_workers",
        [](number n) { return spawn_workers(n, waiting); },
        sum_below);
    count_allocations("map_async/allocations/streamx", [](number n) {
        return total(n, map_async_unordered(at_once, waiting));
    });
    count_allocations(
        "map_async/allocations/spawn_each", [](number n) { return spawn_each(n, waiting); });
}
