#include <property/stage.hpp>

#include <streamx/operators/combine_latest.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/conflate.hpp>
#include <streamx/operators/drop_until.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/map_async.hpp>
#include <streamx/operators/merge.hpp>
#include <streamx/operators/merge_all.hpp>
#include <streamx/operators/merge_prioritized.hpp>
#include <streamx/operators/merge_sorted.hpp>
#include <streamx/operators/race.hpp>
#include <streamx/operators/scan.hpp>
#include <streamx/operators/take_last.hpp>
#include <streamx/operators/take_until.hpp>
#include <streamx/operators/with_latest_from.hpp>
#include <streamx/operators/zip_latest.hpp>
#include <streamx/sources/empty.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/never.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>

// Several streams at once, with such others that the order of what comes does not depend on when it
// comes.

namespace streamx::testing {
namespace {

using any = any_stream<int>;

int add(int a, int b) { return (a + b) % 1000; }

/// Where the other stream changes nothing.
outcome the_same(outcome up) { return up; }

/// Each item with another.
outcome plus_each(outcome up, int other) {
    for (int& i : up.items)
        i = add(i, other);
    return up;
}

auto both = [](auto row) { return add(std::get<0>(row), std::get<1>(row)); };

stage make_merge_sorted(dice& d) {
    const int more = d.upto(9);
    return {
        "merge_sorted with 0 to " + std::to_string(more),
        [=](any up) -> any { return merge_sorted(std::move(up), range(0, more)); },
        [=](const outcome& up) {
            outcome result;
            std::size_t i = 0;
            for (int j = 0;;) {
                if (i == up.items.size() && !up.failure.empty()) {
                    result.failure = up.failure; // its next item is asked for before any is given
                    return result;
                }
                if (i != up.items.size() && (j == more || up.items[i] <= j))
                    result.items.push_back(up.items[i++]);
                else if (j != more)
                    result.items.push_back(j++);
                else
                    return result;
            }
        }};
}

stage make_merge_all(dice&) {
    return {
        "map(range) | merge_all(1)",
        [](any up) -> any {
            return std::move(up) | map([](int i) { return range(0, i % 3); }) | merge_all(1);
        },
        [](const outcome& up) {
            return one_by_one(up, [](int i, ints& to) {
                for (int j = 0; j < i % 3; ++j)
                    to.push_back(j);
            });
        }};
}

stage make_map_async(dice& d) {
    const auto n = static_cast<std::size_t>(1 + d.upto(3));
    const int bad = bad_value(d);
    return {
        "map_async(" + std::to_string(n) + ", add 1) throws at " + std::to_string(bad),
        [=](any up) -> any {
            return std::move(up) | map_async(n, [bad](int i) -> asio::awaitable<int> {
                       throw_at(bad, i);
                       co_return add(i, 1);
                   });
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                throw_at(bad, i);
                to.push_back(add(i, 1));
            });
        }};
}

stage make_with_latest_from(dice& d) {
    const int last = d.upto(5);
    return {
        "with_latest_from(range) | map(add)",
        [=](any up) -> any {
            return std::move(up) | with_latest_from(range(0, last + 1)) | map(both);
        },
        [=](outcome up) { return plus_each(std::move(up), last); }};
}

stage make_combine_latest(dice&) {
    return {
        "combine_latest with 5 | map(add)",
        [](any up) -> any { return combine_latest(std::move(up), just(5)) | map(both); },
        [](outcome up) { return plus_each(std::move(up), 5); }};
}

stage make_zip_latest(dice&) {
    return {
        "zip_latest with 5 | map(add)",
        [](any up) -> any {
            return zip_latest(std::move(up), concat(just(5), never<int>())) | map(both);
        },
        [](outcome up) { return plus_each(std::move(up), 5); }};
}

stage make_conflate(dice&) {
    return {
        "conflate(add) | scan(add) | take_last(1)",
        [](any up) -> any { return std::move(up) | conflate(add) | scan(0, add) | take_last(1); },
        [](const outcome& up) {
            outcome result{{}, up.failure};
            if (!up.items.empty() && up.failure.empty())
                result.items.push_back(sum(up.items));
            return result;
        }};
}

stage make_take_until(dice& d) {
    const bool over = d.one_in(8);
    return {
        over ? "take_until(now)" : "take_until(never)",
        [=](any up) -> any {
            if (over)
                return std::move(up) | take_until(just(0));
            return std::move(up) | take_until(never<int>());
        },
        [=](outcome up) { return over ? outcome() : std::move(up); }};
}

stage make_drop_until(dice& d) {
    const bool never_comes = d.one_in(8);
    return {
        never_comes ? "drop_until(never)" : "drop_until(now)",
        [=](any up) -> any {
            if (never_comes)
                return std::move(up) | drop_until(never<int>());
            return std::move(up) | drop_until(just(0));
        },
        [=](outcome up) {
            if (never_comes)
                up.items.clear();
            return up;
        }};
}

stage make_race(dice&) {
    return {
        "race with never",
        [](any up) -> any { return race(never<int>(), std::move(up)); },
        the_same};
}

stage make_merge_prioritized(dice&) {
    return {
        "merge_prioritized with empty",
        [](any up) -> any { return merge_prioritized(empty<int>(), std::move(up)); },
        the_same};
}

stage make_merge_delay_errors(dice&) {
    return {
        "merge(delay_errors) with empty",
        [](any up) -> any { return merge(delay_errors, std::move(up), empty<int>()); },
        the_same};
}

} // namespace

stage random_combining_stage(dice& d) {
    static constexpr auto all = {
        make_merge_sorted,
        make_merge_all,
        make_map_async,
        make_with_latest_from,
        make_combine_latest,
        make_zip_latest,
        make_conflate,
        make_take_until,
        make_drop_until,
        make_race,
        make_merge_prioritized,
        make_merge_delay_errors};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
