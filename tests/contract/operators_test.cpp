#include <contract/operator_contract.hpp>

#include <streamx/core/any_stream.hpp>
#include <streamx/operators.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

// One line an operator: see operator_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

template <class Up>
using nothing_like = script_source<item_t<Up>>;

template <class Up>
auto in_vector(Up up) {
    std::vector<any_stream<item_t<Up>>> streams;
    streams.emplace_back(nothing_like<Up>(up.get_executor()).end());
    streams.emplace_back(std::move(up));
    return streams;
}

// clang-format off
TEST(operators_test, map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map([user](auto item) { user(item); return item; }); }); }
TEST(operators_test, filter_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter([user](auto& item) { user(item); return true; }); }); }
TEST(operators_test, inspect_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | inspect(user); }); }
TEST(operators_test, take_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | take(9); }); }
TEST(operators_test, yield_every_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | yield_every(1); }); }
TEST(operators_test, on_keeps_the_contract) { operator_contract([](auto up) { auto ex = up.get_executor(); return std::move(up) | on(ex); }); }
TEST(operators_test, chunks_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | chunks(2); }); }
TEST(operators_test, ready_chunks_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | ready_chunks(2); }); }
TEST(operators_test, merge_keeps_the_contract) { operator_contract([](auto up) { nothing_like<decltype(up)> other(up.get_executor()); return merge(std::move(up), std::move(other)); }); }
TEST(operators_test, merge_of_a_vector_keeps_the_contract) { operator_contract([](auto up) { return merge(in_vector(std::move(up))); }); }
TEST(operators_test, concat_keeps_the_contract) { operator_contract([](auto up) { nothing_like<decltype(up)> other(up.get_executor()); return concat(std::move(other), std::move(up)); }); }
TEST(operators_test, concat_of_a_vector_keeps_the_contract) { operator_contract([](auto up) { return concat(in_vector(std::move(up))); }); }
TEST(operators_test, any_stream_keeps_the_contract) { operator_contract([](auto up) { return any_stream<item_t<decltype(up)>>(std::move(up)); }); }
TEST(operators_test, a_script_keeps_the_contract) { operator_contract([](auto up) { return up; }); }
// clang-format on

} // namespace
} // namespace streamx::testing
