#include <contract/operator_contract.hpp>

#include <streamx/operators/delay.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/interval.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

// One line an operator: see operator_contract.hpp for what it promises. Time passes only where
// nothing else can run.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

// clang-format off
TEST(time_operators_test, delay_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | delay(1h); }); }
TEST(time_operators_test, interval_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return interval(ex, 1h) | take(p.items) | map([](auto i) { return static_cast<int>(i) + 1; }); }, {.fail = false, .hang = false}); }
// clang-format on

} // namespace
} // namespace streamx::testing
