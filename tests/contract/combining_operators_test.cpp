#include <contract/operator_contract.hpp>

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/backpressure_timeout.hpp>
#include <streamx/operators/chunks.hpp>
#include <streamx/operators/combine_latest.hpp>
#include <streamx/operators/conflate.hpp>
#include <streamx/operators/drop_until.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/merge.hpp>
#include <streamx/operators/merge_all.hpp>
#include <streamx/operators/merge_prioritized.hpp>
#include <streamx/operators/merge_sorted.hpp>
#include <streamx/operators/race.hpp>
#include <streamx/operators/restart.hpp>
#include <streamx/operators/retry.hpp>
#include <streamx/operators/stream_map.hpp>
#include <streamx/operators/take_until.hpp>
#include <streamx/operators/with_latest_from.hpp>
#include <streamx/operators/zip_latest.hpp>
#include <streamx/sources/defer.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/using_resource.hpp>

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

// One line an operator: see operator_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

/// `up` and one that has nothing to give.
template <class Up>
auto beside_nothing(Up up) {
    std::vector<any_stream<item_t<Up>>> streams;
    streams.emplace_back(script_source<item_t<Up>>(up.get_executor()).end());
    streams.emplace_back(std::move(up));
    return streams;
}

auto in_order = [](const auto&, const auto&) { return false; };
auto first_of = [](auto row) { return std::get<0>(std::move(row)); };
auto second_of = [](auto pair) { return std::move(pair.second); };

template <class Up>
auto in_a_map(Up up) {
    stream_map<int, item_t<Up>> map(up.get_executor());
    map.insert(1, std::move(up));
    map.close();
    return map;
}

template <class Up>
auto made_by_defer(Up up) {
    auto ex = up.get_executor();
    return streamx::defer(std::move(ex), [up = std::move(up)]() mutable { return std::move(up); });
}

template <class Up>
auto with_a_resource(Up up) {
    auto ex = up.get_executor();
    return using_resource(
        std::move(ex),
        []() -> asio::awaitable<int> { co_return 1; },
        [up = std::move(up)](int&) mutable { return std::move(up); },
        [](int) -> asio::awaitable<void> { co_return; });
}

/// What comes between two pulls, one behind the other: `conflate` gives all items then.
auto in_line = [](auto items, auto more) {
    std::ranges::move(more, std::back_inserter(items));
    return items;
};

// clang-format off
TEST(combining_operators_test, merge_with_delayed_errors_keeps_the_contract) { operator_contract([](auto up) { return merge(delay_errors, beside_nothing(std::move(up))); }); }
TEST(combining_operators_test, merge_all_keeps_the_contract) { operator_contract([](auto up) { using any = any_stream<item_t<decltype(up)>>; script_source<any> outer(up.get_executor()); return std::move(outer).item(any(std::move(up))).end() | merge_all(2); }); }
TEST(combining_operators_test, merge_prioritized_keeps_the_contract) { operator_contract([](auto up) { return merge_prioritized(beside_nothing(std::move(up))); }); }
TEST(combining_operators_test, merge_sorted_keeps_the_contract) { operator_contract([](auto up) { return merge_sorted(beside_nothing(std::move(up)), in_order); }); }
TEST(combining_operators_test, race_keeps_the_contract) { operator_contract([](auto up) { using item = item_t<decltype(up)>; auto ex = up.get_executor(); return race(std::move(up), script_source<item>(ex).hang()); }); }
TEST(combining_operators_test, stream_map_keeps_the_contract) { operator_contract([](auto up) { return in_a_map(std::move(up)) | map(second_of); }); }
TEST(combining_operators_test, combine_latest_keeps_the_contract) { operator_contract([](auto up) { return combine_latest(std::move(up), just(1)) | map(first_of); }, copies_items()); }
TEST(combining_operators_test, zip_latest_keeps_the_contract) { operator_contract([](auto up) { auto ex = up.get_executor(); return zip_latest(std::move(up), script_source<int>(ex).item(1).hang()) | map(first_of); }, copies_items()); }
TEST(combining_operators_test, with_latest_from_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | with_latest_from(just(1)) | map([](auto pair) { return std::move(pair.first); }); }); }
TEST(combining_operators_test, take_until_keeps_the_contract) { operator_contract([](auto up) { auto ex = up.get_executor(); return std::move(up) | take_until(script_source<int>(ex).hang()); }); }
TEST(combining_operators_test, drop_until_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | drop_until(just(1)); }); }
TEST(combining_operators_test, conflate_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | chunks(1) | conflate(in_line); }); }
TEST(combining_operators_test, retry_keeps_the_contract) { operator_contract([](auto up) { return made_by_defer(std::move(up)) | retry({.limit = 0}); }); }
TEST(combining_operators_test, restart_keeps_the_contract) { operator_contract([](auto up) { return made_by_defer(std::move(up)) | restart({.limit = 0}); }); }
TEST(combining_operators_test, backpressure_timeout_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | backpressure_timeout(1h); }, can{.time_passes = false}); }
TEST(combining_operators_test, using_resource_keeps_the_contract) { operator_contract([](auto up) { return with_a_resource(std::move(up)); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
