#include <property/stage.hpp>

#include <streamx/operators/backpressure_timeout.hpp>
#include <streamx/operators/chunks_timeout.hpp>
#include <streamx/operators/deadline.hpp>
#include <streamx/operators/debounce.hpp>
#include <streamx/operators/delay.hpp>
#include <streamx/operators/drop_for.hpp>
#include <streamx/operators/elapsed.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/keep_alive.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/rate_limit.hpp>
#include <streamx/operators/restart.hpp>
#include <streamx/operators/retry.hpp>
#include <streamx/operators/sample.hpp>
#include <streamx/operators/take_for.hpp>
#include <streamx/operators/take_last.hpp>
#include <streamx/operators/throttle_first.hpp>
#include <streamx/operators/timeout.hpp>
#include <streamx/operators/timestamp.hpp>
#include <streamx/sources/defer.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// What takes time, none of which is so long that another stage could miss it: `ages`.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;
using any = any_stream<int>;

constexpr auto ages = 100'000h;

outcome the_same(outcome up) { return up; }

/// The last item of a stream that does not fail.
outcome only_the_last(outcome up) {
    if (!up.failure.empty())
        up.items.clear();
    else if (up.items.size() > 1)
        up.items.erase(up.items.begin(), up.items.end() - 1);
    return up;
}

auto second() {
    return map([](auto pair) { return pair.second; });
}

stage make_delay(dice& d) {
    const auto length = std::chrono::milliseconds(d.upto(2));
    return {
        "delay(" + std::to_string(length.count()) + " ms)",
        [=](any up) -> any { return std::move(up) | delay(length); },
        the_same};
}

stage make_rate_limit(dice& d) {
    const auto burst = static_cast<std::uint64_t>(1 + d.upto(2));
    const int bad = bad_value(d);
    return {
        "rate_limit(10, " + std::to_string(burst) + "), the weight throws at " +
            std::to_string(bad),
        [=](any up) -> any {
            return std::move(up) | rate_limit(10, burst, [=](int i) {
                       throw_at(bad, i);
                       return static_cast<unsigned>(i < 0 ? -i : i) % 4;
                   });
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                throw_at(bad, i);
                to.push_back(i);
            });
        }};
}

stage make_throttle_first(dice&) {
    return {
        "throttle_first(0)",
        [](any up) -> any { return std::move(up) | throttle_first(0s); },
        the_same};
}

stage make_sample(dice&) {
    return {
        "sample(1 s) | take_last(1)",
        [](any up) -> any { return std::move(up) | sample(1s) | take_last(1); },
        only_the_last};
}

stage make_debounce(dice& d) {
    const auto quiet = std::chrono::milliseconds(d.upto(2));
    return {
        "debounce(" + std::to_string(quiet.count()) + " ms) | take_last(1)",
        [=](any up) -> any { return std::move(up) | debounce(quiet) | take_last(1); },
        only_the_last};
}

stage make_timeout(dice&) {
    return {"timeout(ages)", [](any up) -> any { return std::move(up) | timeout(ages); }, the_same};
}

stage make_deadline(dice& d) {
    const bool passed = d.one_in(8);
    return {
        passed ? "deadline(0)" : "deadline(ages)",
        [=](any up) -> any { return std::move(up) | deadline(passed ? 0h : ages); },
        [=](outcome up) {
            using boost::system::system_error;
            return passed ? outcome{{}, system_error(asio::error::timed_out, "deadline").what()}
                          : std::move(up);
        }};
}

stage make_backpressure_timeout(dice&) {
    return {
        "backpressure_timeout(ages)",
        [](any up) -> any { return std::move(up) | backpressure_timeout(ages); },
        the_same};
}

stage make_keep_alive(dice&) {
    return {
        "keep_alive(ages)",
        [](any up) -> any { return std::move(up) | keep_alive(ages, [] { return 5; }); },
        the_same};
}

stage make_chunks_timeout(dice& d) {
    const auto size = static_cast<std::size_t>(1 + d.upto(4));
    return {
        "chunks_timeout(" + std::to_string(size) + ", 1 ms) | flat_map(all)",
        [=](any up) -> any {
            return std::move(up) | chunks_timeout(size, 1ms) |
                   flat_map([](ints all) { return all; });
        },
        the_same};
}

stage make_take_for(dice& d) {
    const bool over = d.one_in(8);
    return {
        over ? "take_for(0)" : "take_for(ages)",
        [=](any up) -> any { return std::move(up) | take_for(over ? 0h : ages); },
        [=](outcome up) { return over ? outcome() : std::move(up); }};
}

stage make_drop_for(dice& d) {
    const bool all = d.one_in(8);
    return {
        all ? "drop_for(ages)" : "drop_for(0)",
        [=](any up) -> any { return std::move(up) | drop_for(all ? ages : 0h); },
        [=](outcome up) {
            if (all)
                up.items.clear();
            return up;
        }};
}

stage make_timestamp(dice&) {
    return {
        "timestamp | map(item)",
        [](any up) -> any { return std::move(up) | timestamp() | second(); },
        the_same};
}

stage make_elapsed(dice&) {
    return {
        "elapsed | map(item)",
        [](any up) -> any { return std::move(up) | elapsed() | second(); },
        the_same};
}

/// Makes `up` at first, and another each time after it.
template <class Other>
auto first_then(any up, Other other) {
    auto ex = up.get_executor();
    return streamx::defer(
        ex, [ex, first = std::make_shared<any>(std::move(up)), other, n = 0]() mutable -> any {
            return n++ == 0 ? std::move(*first) : any(other(n) | on(ex));
        });
}

stage make_retry(dice&) {
    return {
        "retry, with 1 2 then",
        [](any up) -> any {
            return first_then(std::move(up), [](int) { return from_range({1, 2}); }) |
                   retry({.initial = 1s});
        },
        [](outcome up) {
            if (!up.failure.empty())
                up.items.insert(up.items.end(), {1, 2});
            return outcome{up.items, ""};
        }};
}

stage make_restart(dice&) {
    return {
        "restart, with 0 1 and then nothing",
        [](any up) -> any {
            return first_then(std::move(up), [](int n) { return range(0, n == 2 ? 2 : 0); }) |
                   restart({.initial = 1s, .limit = 1});
        },
        [](outcome up) {
            up.items.insert(up.items.end(), {0, 1});
            return outcome{up.items, ""};
        }};
}

} // namespace

stage random_timed_stage(dice& d) {
    static constexpr auto all = {
        make_delay,
        make_rate_limit,
        make_throttle_first,
        make_sample,
        make_debounce,
        make_timeout,
        make_deadline,
        make_backpressure_timeout,
        make_keep_alive,
        make_chunks_timeout,
        make_take_for,
        make_drop_for,
        make_timestamp,
        make_elapsed,
        make_retry,
        make_restart};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
