#include <contract/terminal_contract.hpp>

#include <streamx/core/poll.hpp>
#include <streamx/terminals.hpp>

#include <boost/asio/awaitable.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <exception>
#include <memory>
#include <utility>

// One line a terminal: see terminal_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

/// A sink that always has room and hands on what it gets.
template <class T, class Take>
struct taking_sink {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const { return ex; }
    bool try_send(T& item) {
        take(std::move(item));
        return true;
    }
    template <class Token>
    auto async_wait(Token&& token) {
        return streamx::detail::async_ready(std::forward<Token>(token), ex);
    }
    void close() {}
    void close(const std::exception_ptr&) {}

    executor_type ex;
    Take take;
};

template <class S, class Take>
auto sink_for(const S& stream, Take take) {
    return taking_sink<item_t<S>, Take>{stream.get_executor(), std::move(take)};
}

/// Hands what came as a result to `take`, and the failure to the handler.
auto unpacked(auto take, auto handler) {
    return [take, handler = std::move(handler)](std::exception_ptr failure, auto items) mutable {
        for (auto& item : items)
            take(std::move(item));
        handler(std::move(failure));
    };
}

// clang-format off
TEST(terminals_test, async_collect_keeps_the_contract) { check_terminal([](auto&& s, auto take, auto slot, auto h) { async_collect(std::forward<decltype(s)>(s), bound(slot, unpacked(take, std::move(h)))); }); }
TEST(terminals_test, async_collect_into_a_container_keeps_the_contract) { check_terminal([](auto&& s, auto take, auto slot, auto h) { async_collect<std::deque>(std::forward<decltype(s)>(s), bound(slot, unpacked(take, std::move(h)))); }); }
TEST(terminals_test, async_drain_keeps_the_contract) { check_terminal([](auto&& s, auto, auto slot, auto h) { async_drain(std::forward<decltype(s)>(s), bound(slot, std::move(h))); }, {.silently = true}); }
TEST(terminals_test, async_fold_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_fold(std::forward<decltype(s)>(s), 0, [take](int n, auto item) { take(std::move(item)); return n + 1; }, bound(slot, without_result(std::move(h)))); }); }
TEST(terminals_test, async_fold_of_a_coroutine_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_fold(std::forward<decltype(s)>(s), 0, [take](int n, auto item) -> asio::awaitable<int> { take(std::move(item)); co_return n + 1; }, bound(slot, without_result(std::move(h)))); }); }
TEST(terminals_test, async_for_each_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_for_each(std::forward<decltype(s)>(s), take, bound(slot, std::move(h))); }); }
TEST(terminals_test, async_for_each_of_a_coroutine_keeps_the_contract) { check_terminal_of_a_function([](auto&& s, auto take, auto slot, auto h) { async_for_each(std::forward<decltype(s)>(s), [take](auto item) -> asio::awaitable<void> { take(std::move(item)); co_return; }, bound(slot, std::move(h))); }); }
TEST(terminals_test, forward_to_keeps_the_contract) { check_terminal([](auto&& s, auto take, auto slot, auto h) { auto sink = sink_for(s, take); forward_to(std::forward<decltype(s)>(s), std::move(sink), bound(slot, std::move(h))); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
