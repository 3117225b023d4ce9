#include <contract/operator_contract.hpp>

#include <streamx/operators/buffered.hpp>
#include <streamx/operators/concat_map.hpp>
#include <streamx/operators/filter_async.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/map_async.hpp>
#include <streamx/operators/map_async_keyed.hpp>
#include <streamx/operators/map_async_unordered.hpp>
#include <streamx/operators/parallel.hpp>
#include <streamx/operators/stop_on.hpp>
#include <streamx/operators/switch_map.hpp>
#include <streamx/operators/via.hpp>
#include <streamx/sources/just.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <stop_token>
#include <utility>

// One line an operator: see operator_contract.hpp for what it promises. The functions complete without
// waiting, or after a post, and the operators that give results as they come give them in order then.

namespace streamx::testing {
namespace {

/// A coroutine that completes without waiting.
template <class User>
auto at_once(User user) {
    return [user](auto item) -> asio::awaitable<decltype(item)> {
        user(item);
        co_return item;
    };
}

/// One that waits before it completes.
template <class User>
auto later(User user) {
    return [user](auto item) -> asio::awaitable<decltype(item)> {
        co_await asio::post(asio::use_awaitable);
        user(item);
        co_return item;
    };
}

/// An asynchronous operation of Asio's kind.
template <class User>
auto operation(User user) {
    return [user]<class T, class Token>(T item, Token&& token) {
        user(item);
        return asio::async_initiate<Token, void(error_code, T)>(
            [](auto handler, T made) {
                auto ex = asio::get_associated_executor(handler);
                asio::post(ex, [h = std::move(handler), m = std::move(made)]() mutable {
                    std::move(h)(error_code(), std::move(m));
                });
            },
            token,
            std::move(item));
    };
}

/// A stream of one item.
template <class User>
auto alone(User user) {
    return [user](auto item) {
        user(item);
        return just(std::move(item));
    };
}

// clang-format off
TEST(async_operators_test, map_async_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map_async(at_once(user)); }); }
TEST(async_operators_test, map_async_of_several_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map_async(3, later(user)); }); }
TEST(async_operators_test, map_async_of_an_operation_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map_async(2, operation(user)); }); }
TEST(async_operators_test, map_async_unordered_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map_async_unordered(1, at_once(user)); }); }
TEST(async_operators_test, map_async_keyed_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | map_async_keyed(3, [](const auto&) { return 0; }, later(user)); }); }
TEST(async_operators_test, filter_async_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | filter_async(2, [user](const auto& item) -> asio::awaitable<bool> { user(item); co_return true; }); }); }
TEST(async_operators_test, flat_map_over_streams_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | flat_map(3, alone(user)); }); }
TEST(async_operators_test, concat_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | concat_map(alone(user)); }); }
TEST(async_operators_test, switch_map_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | switch_map(alone(user)); }); }
TEST(async_operators_test, buffered_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | buffered(2); }); }
TEST(async_operators_test, via_keeps_the_contract) { operator_contract([](auto up) { auto ex = up.get_executor(); return std::move(up) | via(ex, 1); }); }
TEST(async_operators_test, parallel_keeps_the_contract) { operator_contract([](auto up, auto user) { auto ex = up.get_executor(); return std::move(up) | parallel(2, ex, [user](auto item) { user(item); return item; }); }); }
TEST(async_operators_test, stop_on_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | stop_on(std::stop_source().get_token()); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
