#include <contract/terminal_contract.hpp>

#include <streamx/terminals.hpp>

#include <boost/asio/awaitable.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <utility>

// One line a terminal: see terminal_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

/// Hands the item that came as a result to `take`, and the failure to the handler.
auto unpacked(auto take, auto handler) {
    return [take, handler = std::move(handler)](std::exception_ptr failure, auto item) mutable {
        if (item)
            take(*std::move(item));
        handler(std::move(failure));
    };
}

struct never_less {
    bool operator()(const auto&, const auto&) const { return false; }
};

// clang-format off
TEST(terminals_of_one_value_test, async_first_keeps_the_contract) { check_terminal([](auto&& s, auto take, auto slot, auto h) { async_first(std::forward<decltype(s)>(s), bound(slot, unpacked(take, std::move(h)))); }, {.items = 1, .before_failure = 0}); }
TEST(terminals_of_one_value_test, async_last_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_last(std::forward<decltype(s)>(s), bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_nth_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_nth(std::forward<decltype(s)>(s), 2, bound(slot, without_result(std::move(h)))); }, {.before_failure = 2, .silently = true}); }
TEST(terminals_of_one_value_test, async_single_keeps_the_contract) { check_terminal([](auto&& s, auto take, auto slot, auto h) { async_single(std::forward<decltype(s)>(s), bound(slot, unpacked(take, std::move(h)))); }, {.items = 1, .before_failure = 1}); }
TEST(terminals_of_one_value_test, async_count_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_count(std::forward<decltype(s)>(s), bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_reduce_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_reduce(std::forward<decltype(s)>(s), [](auto first, auto) { return first; }, bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_reduce_of_a_coroutine_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_reduce(std::forward<decltype(s)>(s), [](auto first, auto) -> asio::awaitable<decltype(first)> { co_return std::move(first); }, bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_min_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_min(std::forward<decltype(s)>(s), never_less(), bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_max_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_max(std::forward<decltype(s)>(s), never_less(), bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_contains_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_contains(std::forward<decltype(s)>(s), 0, bound(slot, without_result(std::move(h)))); }, {.silently = true}); }
TEST(terminals_of_one_value_test, async_all_of_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_all_of(std::forward<decltype(s)>(s), [take](auto item) { take(std::move(item)); return true; }, bound(slot, without_result(std::move(h)))); }); }
TEST(terminals_of_one_value_test, async_any_of_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_any_of(std::forward<decltype(s)>(s), [take](auto item) { take(std::move(item)); return false; }, bound(slot, without_result(std::move(h)))); }); }
TEST(terminals_of_one_value_test, async_none_of_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_none_of(std::forward<decltype(s)>(s), [take](auto item) { take(std::move(item)); return false; }, bound(slot, without_result(std::move(h)))); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
