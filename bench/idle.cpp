// Memory of a channel that nothing happens on: fresh, and with a coroutine waiting for its first
// item. Prints, for each, bench=<name> items=<n> rss_bytes_per_item=<x> heap_bytes_per_item=<y>
#include "bench.hpp"
#include "raw.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/channels/channel.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamx::bench {
namespace {

constexpr std::size_t channels = 100'000;
constexpr std::size_t capacity = 64;

struct usage {
    double resident = 0;
    double heap = 0;
};

usage usage_now() {
    std::ifstream statm("/proc/self/statm");
    long pages = 0;
    statm >> pages >> pages; // the second number is what is resident
    const auto heap = ::mallinfo2();
    return {double(pages) * double(::sysconf(_SC_PAGESIZE)), double(heap.uordblks + heap.hblkhd)};
}

/// Makes the channels in a child process, so that each bench starts with a fresh heap. `make(ctx)`
/// gives what keeps one channel alive.
template <class Make>
void measure(const std::string& name, Make make) {
    if (!selected(name))
        return;
    const auto child = ::fork();
    if (child == 0) {
        asio::io_context ctx(1);
        std::vector<decltype(make(ctx))> alive;
        const auto before = usage_now();
        alive.reserve(channels);
        for (std::size_t i = 0; i < channels; ++i) {
            alive.push_back(make(ctx));
            ctx.poll();
            ctx.restart();
        }
        const auto after = usage_now();
        std::printf(
            "bench=%s items=%zu rss_bytes_per_item=%.0f heap_bytes_per_item=%.0f\n",
            name.c_str(),
            channels,
            (after.resident - before.resident) / channels,
            (after.heap - before.heap) / channels);
        std::fflush(stdout);
        std::_Exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
        std::exit(1);
}

/// One of many subscribers of one broadcast.
auto subscribe(asio::io_context& ctx) {
    static broadcast<std::uint64_t> b(ctx.get_executor()); // that of the one child that gets here
    return b.subscribe({.capacity = capacity});
}

template <class Receiver>
asio::awaitable<void> wait_for_one(Receiver& rx) {
    co_await rx.next();
}

/// The ends of a channel, at an address that stays.
template <class Pair>
auto kept(Pair&& ends) {
    return std::make_unique<std::remove_cvref_t<Pair>>(std::move(ends));
}

template <class Ends>
auto with_coroutine(asio::io_context& ctx, Ends ends) {
    auto& [tx, rx] = *ends;
    asio::co_spawn(ctx, wait_for_one(rx), asio::detached);
    return ends;
}

auto make(asio::io_context& ctx) {
    return kept(make_channel<std::uint64_t>(ctx.get_executor(), capacity));
}

auto make_local(asio::io_context& ctx) {
    return kept(make_local_channel<std::uint64_t>(ctx.get_executor(), capacity));
}

template <class Channel>
asio::awaitable<void> wait_for_one_raw(Channel& channel) {
    co_await channel.async_receive(asio::use_awaitable);
}

template <class Channel>
auto make_raw(asio::io_context& ctx) {
    return std::make_unique<Channel>(ctx, capacity);
}

template <class Channel>
auto make_raw_with_coroutine(asio::io_context& ctx) {
    auto channel = make_raw<Channel>(ctx);
    asio::co_spawn(ctx, wait_for_one_raw(*channel), asio::detached);
    return channel;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx::bench;
    init(argc, argv);
    measure("idle/streamx_local", make_local);
    measure("idle/streamx", make);
    measure("idle/subscriber", subscribe);
    measure("idle/streamx_local_with_coroutine", [](auto& ctx) {
        return with_coroutine(ctx, make_local(ctx));
    });
    measure(
        "idle/streamx_with_coroutine", [](auto& ctx) { return with_coroutine(ctx, make(ctx)); });
    measure("idle/raw", make_raw<raw_channel>);
    measure("idle/raw_concurrent", make_raw<raw_concurrent_channel>);
    measure("idle/raw_with_coroutine", make_raw_with_coroutine<raw_channel>);
    measure("idle/raw_concurrent_with_coroutine", make_raw_with_coroutine<raw_concurrent_channel>);
}
