#include <contract/operator_contract.hpp>

#include <streamx/operators/balance.hpp>
#include <streamx/operators/chunk_by.hpp>
#include <streamx/operators/concat_map.hpp>
#include <streamx/operators/default_if_empty.hpp>
#include <streamx/operators/enumerate.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/group_by.hpp>
#include <streamx/operators/intersperse.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/partition.hpp>
#include <streamx/operators/peekable.hpp>
#include <streamx/operators/scan.hpp>
#include <streamx/operators/slide.hpp>
#include <streamx/operators/start_with.hpp>
#include <streamx/operators/unzip.hpp>
#include <streamx/operators/zip.hpp>
#include <streamx/sources/range.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

// One line an operator: see operator_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

/// Items that may also be nothing, and back: for operators that put in items of their own.
auto to_optional() {
    return map([](auto item) { return std::optional(std::move(item)); });
}
auto without_nothing() {
    return filter_map([](auto item) { return item; });
}

auto without_number() {
    return map([](auto pair) { return std::get<1>(std::move(pair)); });
}

template <class T>
std::vector<T> one(T item) {
    std::vector<T> items;
    items.push_back(std::move(item));
    return items;
}

// clang-format off
TEST(operators_that_shape_test, balance_keeps_the_contract) { operator_contract([](auto up) { return std::move((std::move(up) | balance(1)).front()); }); }
TEST(operators_that_shape_test, chunk_by_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | chunk_by([](auto&, auto&) { return true; }, 2); }); }
TEST(operators_that_shape_test, default_if_empty_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | to_optional() | default_if_empty(std::nullopt) | without_nothing(); }); }
TEST(operators_that_shape_test, enumerate_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | enumerate() | without_number(); }); }
TEST(operators_that_shape_test, flat_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | flat_map([user](auto item) { user(item); return one(std::move(item)); }); }); }
TEST(operators_that_shape_test, group_by_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | group_by([user](auto& item) { user(item); return 0; }, 1) | concat_map([](auto group) { return std::move(group.second); }); }); }
TEST(operators_that_shape_test, intersperse_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | to_optional() | intersperse(std::nullopt) | without_nothing(); }, copies_items()); }
TEST(operators_that_shape_test, partition_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move((std::move(up) | partition(1, [user](auto& item) { user(item); return 0; }, {.capacity = 1})).front()); }); }
TEST(operators_that_shape_test, peekable_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | peekable(); }); }
TEST(operators_that_shape_test, scan_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | scan(0, [user](int, auto item) { user(item); return item; }); }, copies_items()); }
TEST(operators_that_shape_test, slide_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | slide(1); }, copies_items()); }
TEST(operators_that_shape_test, start_with_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | to_optional() | start_with(std::nullopt) | without_nothing(); }); }
TEST(operators_that_shape_test, unzip_keeps_the_contract) { operator_contract([](auto up) { auto halves = std::move(up) | enumerate() | unzip(1); return std::move(halves).second; }); }
TEST(operators_that_shape_test, zip_keeps_the_contract) { operator_contract([](auto up) { return zip(range(0, 9), std::move(up)) | without_number(); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
