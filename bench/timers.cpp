// How well time is kept, and what it costs: a thousand items a second for two seconds of real time, the
// processor time of a million a second, and many delays at once. Of the first it prints
//
//     bench=<name> items=<n> ns_per_item=<x> cpu_ns_per_item=<x> rate_per_s=<x> off_p50_us=<x> off_p99_us=<x>
//
// `off` being how far the time between two items is from the period, and of the second all but that.
#include "bench.hpp"

#include <streamx/operators/delay.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/rate_limit.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_count.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace streamx::bench {
namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::uint64_t cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return std::uint64_t(t.tv_sec) * 1'000'000'000 + std::uint64_t(t.tv_nsec);
}

/// Runs the stream that `make(executor)` makes, which gives an item each period.
template <class Make>
void pace(const std::string& name, std::size_t items, double period_us, Make make) {
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    std::vector<steady::time_point> came;
    came.reserve(items);
    const auto cpu_began = cpu_ns();
    async_for_each(
        make(ctx.get_executor()) | take(items),
        [&](std::size_t) { came.push_back(steady::now()); },
        asio::bind_executor(ctx.get_executor(), [](std::exception_ptr) {}));
    ctx.run();
    const auto cpu = cpu_ns() - cpu_began;
    if (came.size() != items) {
        std::fprintf(stderr, "bench=%s: %zu items came\n", name.c_str(), came.size());
        std::exit(1);
    }

    const auto gaps = items - 1;
    const double ns = std::chrono::duration<double, std::nano>(came.back() - came.front()).count();
    std::vector<double> off;
    for (std::size_t i = 0; i != gaps; ++i)
        off.push_back(std::abs(
            std::chrono::duration<double, std::micro>(came[i + 1] - came[i]).count() - period_us));
    std::ranges::sort(off);
    std::printf(
        "bench=%s items=%zu ns_per_item=%.1f cpu_ns_per_item=%.1f rate_per_s=%.1f off_p50_us=%.1f "
        "off_p99_us=%.1f\n",
        name.c_str(),
        gaps,
        ns / double(gaps),
        double(cpu) / double(items),
        double(gaps) * 1e9 / ns,
        off[gaps / 2],
        off[gaps * 99 / 100]);
}

/// The same with a consumer that only counts: a look at the clock costs it more than the item did.
template <class Make>
void cost(const std::string& name, std::size_t items, Make make) {
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    std::size_t came = 0;
    const auto cpu_began = cpu_ns();
    const auto began = steady::now();
    async_count(
        make(ctx.get_executor()) | take(items),
        asio::bind_executor(
            ctx.get_executor(), [&](std::exception_ptr, std::size_t n) { came = n; }));
    ctx.run();
    const double ns = std::chrono::duration<double, std::nano>(steady::now() - began).count();
    const auto cpu = cpu_ns() - cpu_began;
    if (came != items) {
        std::fprintf(stderr, "bench=%s: %zu items came\n", name.c_str(), came);
        std::exit(1);
    }
    std::printf(
        "bench=%s items=%zu ns_per_item=%.1f cpu_ns_per_item=%.1f rate_per_s=%.1f\n",
        name.c_str(),
        items,
        ns / double(items),
        double(cpu) / double(items),
        double(items) * 1e9 / ns);
}

/// `items` delays of different lengths, `at_once` of which are set at one time.
std::uint64_t delays(std::uint64_t items, std::uint64_t at_once) {
    std::uint64_t passed = 0;
    for (std::uint64_t done = 0; done != items; done += at_once) {
        asio::io_context ctx(1);
        testing::virtual_clock clock(ctx);
        for (std::uint64_t i = 0; i != at_once; ++i)
            async_count(
                just(i) | on(ctx) |
                    delay(1s + std::chrono::nanoseconds(i * 2654435761 % 1'000'003)),
                asio::bind_executor(
                    ctx.get_executor(), [&](std::exception_ptr, std::size_t n) { passed += n; }));
        clock.run();
    }
    return passed;
}

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx;
    using namespace streamx::bench;
    init(argc, argv);
    pace("timers/rate_limit/1000", 2001, 1000, [](auto ex) {
        return range(std::size_t(0), std::size_t(-1)) | on(ex) | rate_limit(1000);
    });
    pace("timers/interval/1ms", 2001, 1000, [](auto ex) { return interval(ex, 1ms); });
    cost("timers/rate_limit/1000000", 1'000'000, [](auto ex) {
        return range(std::size_t(0), std::size_t(-1)) | on(ex) | rate_limit(1'000'000);
    });
    for (const std::uint64_t at_once : {1'000, 100'000})
        run(
            "timers/delays_at_once/" + std::to_string(at_once),
            [at_once](std::uint64_t n) { return delays(n, at_once); },
            [](std::uint64_t n) { return n; },
            at_once);
}
