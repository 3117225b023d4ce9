#include <contract/operations.hpp>

#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/operators.hpp>
#include <streamx/sources.hpp>
#include <streamx/streamx.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <type_traits>
#include <vector>

// What the public types are, at compile time.

namespace streamx::testing {
namespace {

template <class T>
concept moves_only = std::move_constructible<T> && !std::copy_constructible<T>;
template <class T>
concept moves_freely = std::is_nothrow_move_constructible_v<T>;
template <class T>
concept value = std::copyable<T> && moves_freely<T>;

using any_executor = asio::any_io_executor;
using context_executor = asio::io_context::executor_type;
struct twice {
    int operator()(int i) const { return 2 * i; }
};
struct positive {
    bool operator()(int i) const { return i > 0; }
};
template <class Adaptor>
using over_receiver = decltype(std::declval<receiver<int>>() | std::declval<Adaptor>());

// --- channels

static_assert(std::copyable<sender<int>> && moves_freely<sender<int>>);
static_assert(std::copyable<local_sender<int>> && moves_freely<local_sender<int>>);
static_assert(std::copyable<receiver<int>> && moves_freely<receiver<int>>);
static_assert(std::copyable<local_receiver<int>> && moves_freely<local_receiver<int>>);
static_assert(std::copyable<weak_sender<int>>);
static_assert(moves_only<permit<int>> && moves_freely<permit<int>>);
static_assert(std::movable<permit<int>> && std::default_initializable<permit<int>>);
static_assert(value<channel_stats>);
static_assert(std::copyable<sender<move_only_item>> && std::copyable<receiver<move_only_item>>);

static_assert(async_sink<sender<int>, int>);
static_assert(async_sink<local_sender<int>, int>);
static_assert(async_sink<any_sink<int>, int>);
static_assert(!async_sink<receiver<int>, int>);
static_assert(!async_sink<sender<std::vector<int>>, int>);
static_assert(moves_only<any_sink<int>> && moves_freely<any_sink<int>>);

// --- streams

static_assert(async_stream_of<receiver<int>, int>);
static_assert(async_stream_of<local_receiver<int>, int>);
static_assert(async_stream_of<any_stream<int>, int>);
static_assert(async_stream_of<script_source<int>, int>);
static_assert(async_stream_of<decltype(range(0, 9)), int>);
static_assert(async_stream_of<decltype(from_range(std::vector<int>())), int>);
static_assert(async_stream_of<decltype(just(1)), int>);
static_assert(async_stream_of<decltype(empty<int>()), int>);
static_assert(async_stream_of<decltype(never<int>()), int>);
static_assert(async_stream_of<decltype(just_error<int>(errc::full)), int>);
static_assert(async_stream_of<decltype(repeat(1)), int>);
static_assert(async_stream_of<decltype(repeat(1, 2)), int>);
static_assert(async_stream_of<decltype(cycle(std::vector<int>())), int>);
static_assert(async_stream_of<decltype(cycle(range(0, 9))), int>);
static_assert(async_stream_of<over_receiver<decltype(map(twice()))>, int>);
static_assert(async_stream_of<over_receiver<decltype(filter(positive()))>, int>);
static_assert(async_stream_of<over_receiver<decltype(inspect(twice()))>, int>);
static_assert(async_stream_of<over_receiver<decltype(take(1))>, int>);
static_assert(async_stream_of<over_receiver<decltype(yield_every(1))>, int>);
static_assert(async_stream_of<over_receiver<decltype(chunks(1))>, std::vector<int>>);
static_assert(async_stream_of<over_receiver<decltype(ready_chunks(1))>, std::vector<int>>);
static_assert(async_stream_of<decltype(merge(std::declval<receiver<int>>())), int>);
static_assert(async_stream_of<decltype(concat(std::declval<receiver<int>>())), int>);
static_assert(async_stream_of<decltype(to_produced(std::declval<receiver<int>>())), int>);
static_assert(!async_stream<sender<int>>);
static_assert(!async_stream<int>);

static_assert(moves_only<any_stream<int>> && moves_freely<any_stream<int>>);
static_assert(std::default_initializable<any_stream<int>>);
static_assert(moves_only<script_source<int>>);
static_assert(moves_freely<decltype(range(0, 9))>);
static_assert(moves_only<decltype(from_range(std::vector<int>()))>);
static_assert(moves_only<decltype(never<int>())> && moves_freely<decltype(never<int>())>);
static_assert(value<decltype(just(1))> && value<decltype(repeat(1))>);
static_assert(moves_freely<decltype(from_range(std::vector<int>()))>);
static_assert(moves_freely<over_receiver<decltype(map(twice()))>>);
static_assert(moves_freely<over_receiver<decltype(filter(positive()))>>);
static_assert(moves_freely<over_receiver<decltype(chunks(1))>>);
static_assert(moves_freely<decltype(merge(std::declval<receiver<int>>()))>);
static_assert(moves_freely<decltype(concat(std::declval<receiver<int>>()))>);
static_assert(moves_only<over_receiver<decltype(map([only = move_only_item(1)](int i) {
    return only.value() + i;
}))>>);

// --- executors: a stream has upstream's, `on` gives one, and it may have none

static_assert(std::same_as<executor_t<decltype(range(0, 9))>, no_executor>);
static_assert(std::same_as<executor_t<receiver<int>>, any_executor>);
static_assert(std::same_as<executor_t<over_receiver<decltype(map(twice()))>>, any_executor>);
static_assert(std::same_as<
              executor_t<decltype(range(0, 9) | on(std::declval<asio::io_context&>()))>,
              context_executor>);

// --- values

static_assert(value<poll<int>> && moves_only<poll<move_only_item>>);
static_assert(std::is_trivially_destructible_v<poll<int>>);
static_assert(std::copy_constructible<decltype(map(twice()) | take(1) | chunks(2))>);
static_assert(std::is_convertible_v<errc, error_code>);
static_assert(!std::is_convertible_v<condition, error_code>);

TEST(types_test, an_error_code_of_ours_is_an_error) {
    EXPECT_TRUE(error_code(errc::closed));
    EXPECT_EQ(error_code(errc::closed), condition::closed);
}

} // namespace
} // namespace streamx::testing
