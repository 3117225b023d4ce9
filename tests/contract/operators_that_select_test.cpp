#include <contract/operator_contract.hpp>

#include <streamx/operators/distinct.hpp>
#include <streamx/operators/distinct_until_changed.hpp>
#include <streamx/operators/drop.hpp>
#include <streamx/operators/drop_last.hpp>
#include <streamx/operators/drop_while.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/stride.hpp>
#include <streamx/operators/take_last.hpp>
#include <streamx/operators/take_while.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

// One line an operator: see operator_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

/// A key that is cheap to copy, whatever the item.
auto value_for(user_function user) {
    return [user](const auto& item) {
        user(item);
        return values(item).front();
    };
}

// clang-format off
TEST(operators_that_select_test, distinct_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | distinct(9, value_for(user)); }); }
TEST(operators_that_select_test, distinct_until_changed_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | distinct_until_changed(std::equal_to<>(), value_for(user)); }); }
TEST(operators_that_select_test, drop_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | drop(0); }); }
TEST(operators_that_select_test, drop_last_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | drop_last(0); }); }
TEST(operators_that_select_test, drop_while_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | drop_while([](auto&) { return false; }); }); }
TEST(operators_that_select_test, filter_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter_map([user](auto item) { user(item); return std::optional(std::move(item)); }); }); }
TEST(operators_that_select_test, stride_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | stride(1); }); }
TEST(operators_that_select_test, take_last_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | take_last(9); }, can{.fail = false}); }
TEST(operators_that_select_test, take_while_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | take_while([user](auto& item) { user(item); return true; }); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
