#include <property/stage.hpp>

#include <streamx/channels/channel.hpp>
#include <streamx/operators/balance.hpp>
#include <streamx/operators/buffered.hpp>
#include <streamx/operators/catch_errors.hpp>
#include <streamx/operators/concat_map.hpp>
#include <streamx/operators/divert_errors.hpp>
#include <streamx/operators/filter_async.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/group_by.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/inspect_error.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/map_async_keyed.hpp>
#include <streamx/operators/map_async_unordered.hpp>
#include <streamx/operators/merge.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/parallel.hpp>
#include <streamx/operators/partition.hpp>
#include <streamx/operators/skip_errors.hpp>
#include <streamx/operators/stop_on.hpp>
#include <streamx/operators/stream_map.hpp>
#include <streamx/operators/switch_map.hpp>
#include <streamx/operators/via.hpp>
#include <streamx/sources/empty.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

// What goes on for some time, or in a loop of its own, or comes to many: with so much at once that the
// order does not depend on the time.

namespace streamx::testing {
namespace {

using any = any_stream<int>;

outcome the_same(outcome up) { return up; }

int plus_one(int bad, int i) {
    throw_at(bad, i);
    return (i + 1) % 1000;
}

auto plus_one_later(int bad) {
    return [bad](int i) -> asio::awaitable<int> {
        if (i % 3 != 0)
            co_await sleep_for(std::chrono::milliseconds(i % 3));
        co_return plus_one(bad, i);
    };
}

auto plus_one_of_each(int bad) {
    return [bad](const outcome& up) {
        return one_by_one(up, [bad](int i, ints& to) { to.push_back(plus_one(bad, i)); });
    };
}

std::string text(const char* name, int bad) {
    return std::string(name) + " throws at " + std::to_string(bad);
}

std::size_t some(dice& d) { return static_cast<std::size_t>(1 + d.upto(3)); }

stage make_map_async_unordered(dice& d) {
    const int bad = bad_value(d);
    return {
        text("map_async_unordered(1, add 1)", bad),
        [=](any up) -> any { return std::move(up) | map_async_unordered(1, plus_one_later(bad)); },
        plus_one_of_each(bad)};
}

stage make_map_async_keyed(dice& d) {
    const int bad = bad_value(d);
    return {
        text("map_async_keyed(1, parity, add 1): the key", bad),
        [=](any up) -> any {
            auto parity = [bad](int i) {
                throw_at(bad, i);
                return i % 2;
            };
            return std::move(up) | map_async_keyed(1, parity, plus_one_later(-1));
        },
        plus_one_of_each(bad)};
}

stage make_filter_async(dice& d) {
    const auto n = some(d);
    const int bad = bad_value(d);
    auto is_kept = [bad](int i) {
        throw_at(bad, i);
        return i % 2 == 0;
    };
    return {
        text("filter_async(even)", bad),
        [=](any up) -> any {
            return std::move(up) | filter_async(n, [=](const int& i) -> asio::awaitable<bool> {
                       co_await sleep_for(std::chrono::milliseconds(i % 3));
                       co_return is_kept(i);
                   });
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                if (is_kept(i))
                    to.push_back(i);
            });
        }};
}

stage make_parallel(dice& d) {
    const auto n = some(d);
    const int bad = bad_value(d);
    return {
        text("parallel(add 1)", bad),
        [=](any up) -> any {
            auto pool = up.get_executor();
            return std::move(up) | parallel(n, pool, [bad](int i) { return plus_one(bad, i); });
        },
        plus_one_of_each(bad)};
}

stage make_flattening(dice& d) {
    const bool by_merging = d.one_in(2);
    const int bad = bad_value(d);
    auto up_to = [bad](int i) {
        throw_at(bad, i);
        return range(0, i % 3);
    };
    return {
        text(by_merging ? "flat_map(1, range)" : "concat_map(range)", bad),
        [=](any up) -> any {
            if (by_merging)
                return std::move(up) | flat_map(1, up_to);
            return std::move(up) | concat_map(up_to);
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                throw_at(bad, i);
                for (int j = 0; j < i % 3; ++j)
                    to.push_back(j);
            });
        }};
}

stage make_switch_map(dice& d) {
    const int bad = bad_value(d);
    return {
        text("switch_map(just add 1)", bad),
        [=](any up) -> any {
            return std::move(up) | switch_map([bad](int i) { return just(plus_one(bad, i)); });
        },
        plus_one_of_each(bad)};
}

stage make_buffered(dice& d) {
    const auto n = some(d);
    return {
        "buffered(" + std::to_string(n) + ")",
        [=](any up) -> any { return std::move(up) | buffered(n); },
        the_same};
}

stage make_via(dice& d) {
    const auto n = some(d);
    return {
        "via(" + std::to_string(n) + ")",
        [=](any up) -> any {
            auto ex = up.get_executor();
            return std::move(up) | via(ex, n);
        },
        the_same};
}

stage make_on(dice&) {
    return {
        "on",
        [](any up) -> any {
            auto ex = up.get_executor();
            return std::move(up) | on(ex);
        },
        the_same};
}

stage make_stop_on(dice& d) {
    const bool stopped = d.one_in(8);
    return {
        stopped ? "stop_on(stopped)" : "stop_on(not stopped)",
        [=](any up) -> any {
            std::stop_source source;
            if (stopped)
                source.request_stop();
            return std::move(up) | stop_on(source.get_token());
        },
        [=](outcome up) { return stopped ? outcome() : std::move(up); }};
}

stage make_merge(dice&) {
    return {
        "merge with empty",
        [](any up) -> any { return merge(std::move(up), empty<int>()); },
        the_same};
}

stage make_stream_map(dice&) {
    return {
        "alone in a stream_map",
        [](any up) -> any {
            stream_map<int, int> all(up.get_executor());
            all.insert(1, std::move(up));
            all.close();
            return std::move(all) | map([](auto pair) { return pair.second; });
        },
        the_same};
}

stage make_balance(dice&) {
    return {
        "balance(1)",
        [](any up) -> any { return std::move((std::move(up) | balance(1)).front()); },
        the_same};
}

/// Passes on what the key does not throw at.
auto unless(int bad) {
    return [bad](const outcome& up) {
        return one_by_one(up, [bad](int i, ints& to) {
            throw_at(bad, i);
            to.push_back(i);
        });
    };
}

auto same_key(int bad) {
    return [bad](int i) {
        throw_at(bad, i);
        return 0;
    };
}

stage make_partition(dice& d) {
    const int bad = bad_value(d);
    return {
        text("partition(1)", bad),
        [=](any up) -> any {
            return std::move((std::move(up) | partition(1, same_key(bad))).front());
        },
        unless(bad)};
}

stage make_group_by(dice& d) {
    const int bad = bad_value(d);
    return {
        text("the only group of group_by", bad),
        [=](any up) -> any {
            return std::move(up) | group_by(same_key(bad), 1) |
                   concat_map([](auto group) { return std::move(group.second); });
        },
        unless(bad)};
}

/// Drops the items at which a function throws, once `look(results)` has seen the errors.
template <class Look>
stage without_bad(const char* name, int bad, Look look) {
    return {
        text(name, bad),
        [=](any up) -> any {
            auto results = std::move(up) | map([bad](int i) {
                               throw_at(bad, i);
                               return i;
                           }) |
                           catch_errors();
            return look(std::move(results));
        },
        [bad](outcome up) {
            std::erase(up.items, bad);
            return up;
        }};
}

stage make_inspect_error(dice& d) {
    return without_bad("map | catch_errors | inspect_error", d.upto(9), [](auto results) {
        return std::move(results) | inspect_error([](const std::exception_ptr&) {}) | skip_errors();
    });
}

stage make_divert_errors(dice& d) {
    return without_bad("map | catch_errors | divert_errors", d.upto(9), [](auto results) {
        auto [tx, rx] = make_channel<std::exception_ptr>(results.get_executor(), 30);
        auto diverted = std::make_shared<decltype(rx)>(std::move(rx));
        return std::move(results) | divert_errors(std::move(tx)) | inspect([diverted](int) {});
    });
}

} // namespace

stage random_asynchronous_stage(dice& d) {
    static constexpr auto all = {
        make_map_async_unordered,
        make_map_async_keyed,
        make_filter_async,
        make_parallel,
        make_flattening,
        make_switch_map,
        make_buffered,
        make_via,
        make_on,
        make_stop_on,
        make_merge,
        make_stream_map,
        make_balance,
        make_partition,
        make_group_by,
        make_inspect_error,
        make_divert_errors};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
