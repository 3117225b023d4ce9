#include <contract/operator_contract.hpp>

#include <streamx/channels/channel.hpp>
#include <streamx/operators.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <optional>
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
    return script_source<item_t<Up>>(up.get_executor())
        .fail(std::make_exception_ptr(std::logic_error("first")));
}

/// A sink for error codes that takes every second one that is tried.
struct slow_sink {
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const noexcept { return ex; }
    bool try_send(error_code&) { return std::exchange(full, !full) == false; }
    template <class Token>
    auto async_wait(Token&& token) {
        return streamx::detail::async_ready(std::forward<Token>(token), ex);
    }
    void close() {}
    void close(const std::exception_ptr&) {}

    executor_type ex;
    bool full = true;
};

/// Upstream's items as results, with an error before each.
template <class Up>
class with_errors : public stream_interface<with_errors<Up>> {
public:
    using value_type = streamx::result<item_t<Up>>;
    using executor_type = executor_t<Up>;

    explicit with_errors(Up up) : up_(std::move(up)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (std::exchange(error_, !error_))
            return value_type(value_type::in_place_error, asio::error::eof);
        auto item = up_.try_next();
        error_ = item ? true : false;
        return std::move(item).transform([](item_t<Up>&& value) {
            return value_type(value_type::in_place_value, std::move(value));
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    bool error_ = true;
};

// clang-format off
TEST(errors_test, skip_errors_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | skip_errors(); }); }
TEST(errors_test, fail_fast_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | fail_fast(); }); }
TEST(errors_test, inspect_error_of_items_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | inspect_error([](error_code) {}) | values_of_results(); }); }
TEST(errors_test, inspect_error_of_a_stream_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | inspect_error([](std::exception_ptr) {}); }); }
TEST(errors_test, transform_error_of_items_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | results() | transform_error([](error_code) { return 1; }) | values_of_results(); }); }
TEST(errors_test, transform_error_of_a_stream_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | transform_error([](std::exception_ptr e) { return e; }); }); }
TEST(errors_test, or_else_of_items_keeps_the_contract) { operator_contract([](auto up) { using item = item_t<decltype(up)>; return std::move(up) | results() | or_else([](error_code e) -> item { throw e; }); }); }
TEST(errors_test, or_else_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | or_else([ex = up.get_executor()](std::exception_ptr e) { return script_source<item_t<decltype(up)>>(ex).fail(e); }); }); }
TEST(errors_test, the_replacement_of_or_else_keeps_the_contract) { operator_contract([](auto up) { auto failed = failed_at_once(up); return std::move(failed) | or_else([up = std::move(up)](std::exception_ptr) mutable { return std::move(up); }); }); }
TEST(errors_test, catch_errors_of_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map([user](auto item) { user(item); return item; }) | catch_errors() | fail_fast(); }); }
TEST(errors_test, catch_errors_of_filter_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter([user](auto& item) { user(item); return true; }) | catch_errors() | fail_fast(); }); }
TEST(errors_test, catch_errors_of_filter_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter_map([user](auto item) { user(item); return std::optional(std::move(item)); }) | catch_errors() | fail_fast(); }); }
TEST(errors_test, catch_errors_of_inspect_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | inspect(user) | catch_errors() | fail_fast(); }); }
TEST(errors_test, divert_errors_keeps_the_contract) { operator_contract([](auto up) { auto [tx, rx] = make_channel<error_code>(up.get_executor(), 1); return std::move(up) | results() | divert_errors(std::move(tx)); }); }
TEST(errors_test, divert_errors_into_a_slow_sink_keeps_the_contract) { operator_contract([](auto up) { slow_sink sink{up.get_executor()}; return with_errors(std::move(up)) | divert_errors(sink); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
