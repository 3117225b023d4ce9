#include <contract/operator_contract.hpp>

#include <streamx/channels/channel.hpp>
#include <streamx/operators.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <utility>

// One line an operator on errors, as operators_test.cpp has for the others. Where it wants results
// the items become results before it, and after it items again.

namespace streamx::testing {
namespace {

auto results() {
    return map([](auto item) {
        using made = streamx::result<decltype(item)>;
        return made(made::in_place_value, std::move(item));
    });
}

auto values_of_results() {
    return map([](auto item) { return std::move(*item); });
}

template <class Up>
auto failed_at_once(const Up& up) {
    return script<item_t<Up>>(up.get_executor())
        .fail(std::make_exception_ptr(std::logic_error("first")));
}

// clang-format off
TEST(errors_test, skip_errors_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | skip_errors(); }); }
TEST(errors_test, fail_fast_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | fail_fast(); }); }
TEST(errors_test, inspect_error_of_items_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | inspect_error([](error_code) {}) | values_of_results(); }); }
TEST(errors_test, inspect_error_of_a_stream_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | inspect_error([](std::exception_ptr) {}); }); }
TEST(errors_test, transform_error_of_items_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | transform_error([](error_code) { return 1; }) | values_of_results(); }); }
TEST(errors_test, transform_error_of_a_stream_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | transform_error([](std::exception_ptr e) { return e; }); }); }
TEST(errors_test, or_else_of_items_keeps_the_contract) { operator_contract([](auto up) { using item = item_t<decltype(up)>; return std::move(up) | results() | or_else([](error_code e) -> item { throw e; }); }); }
TEST(errors_test, or_else_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | or_else([ex = up.get_executor()](std::exception_ptr e) { return script<item_t<decltype(up)>>(ex).fail(e); }); }); }
TEST(errors_test, the_replacement_of_or_else_keeps_the_contract) { operator_contract([](auto up) { auto failed = failed_at_once(up); return std::move(failed) | or_else([up = std::move(up)](std::exception_ptr) mutable { return std::move(up); }); }); }
TEST(errors_test, catch_errors_of_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map([user](auto item) { user(item); return item; }) | catch_errors() | fail_fast(); }); }
TEST(errors_test, catch_errors_of_filter_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter([user](auto& item) { user(item); return true; }) | catch_errors() | fail_fast(); }); }
TEST(errors_test, catch_errors_of_inspect_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | inspect(user) | catch_errors() | fail_fast(); }); }
TEST(errors_test, divert_errors_keeps_the_contract) { operator_contract([](auto up) { auto [tx, rx] = make_channel<error_code>(up.get_executor(), 1); return std::move(up) | results() | divert_errors(std::move(tx)); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
