#include <contract/operations.hpp>

#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/io/http_body.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/sse_stream.hpp>
#include <streamx/io/websocket.hpp>
#include <streamx/operators.hpp>
#include <streamx/sources.hpp>
#include <streamx/streamx.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <functional>
#include <stop_token>
#include <type_traits>
#include <utility>
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
struct seven {
    int operator()() const { return 7; }
};
struct to_result {
    result<int> operator()(int i) const { return i; }
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

// Where something that a stream has begun refers to its state (a wait, a timer, what is in flight) a copy
// would have the same state.
using up = decltype(range(0, 9) | on(std::declval<asio::io_context&>()));
static_assert(std::copyable<up>);
template <class... Streams>
inline constexpr bool all_move_only = ((moves_only<Streams> && moves_freely<Streams>) && ...);
template <class... Adaptors>
inline constexpr bool all_make_move_only =
    all_move_only<decltype(std::declval<up>() | std::declval<Adaptors>())...>;

using asynchronous = asio::awaitable<int> (*)(int);
using asynchronous_predicate = asio::awaitable<bool> (*)(int);
using stream_of = up (*)(int);
using clock_duration = clock_service::duration;

static_assert(all_move_only<
              decltype(interval(std::declval<any_executor>(), clock_duration())),
              decltype(after(std::declval<any_executor>(), clock_duration())),
              decltype(produce<int>(
                  std::declval<any_executor>(),
                  1,
                  std::declval<asio::awaitable<void> (*)(sender<int>&)>())),
              decltype(merge(std::declval<up>(), std::declval<up>())),
              decltype(merge_all(std::declval<up>() | map(stream_of()))),
              decltype(merge_prioritized(std::declval<up>(), std::declval<up>())),
              decltype(merge_sorted(std::declval<up>(), std::declval<up>())),
              decltype(zip(std::declval<up>(), std::declval<up>())),
              decltype(zip_latest(std::declval<up>(), std::declval<up>())),
              decltype(combine_latest(std::declval<up>(), std::declval<up>())),
              decltype(race(std::declval<up>(), std::declval<up>())),
              stream_map<int, int>>);
static_assert(all_make_move_only<
              decltype(map_async(asynchronous())),
              decltype(map_async(2, asynchronous())),
              decltype(map_async_unordered(2, asynchronous())),
              decltype(map_async_keyed(2, twice(), asynchronous())),
              decltype(filter_async(asynchronous_predicate())),
              decltype(flat_map(2, stream_of())),
              decltype(switch_map(stream_of())),
              decltype(parallel(2, std::declval<asio::thread_pool&>(), twice())),
              decltype(buffered(2)),
              decltype(via(std::declval<any_executor>(), 2))>);
static_assert(all_make_move_only<
              decltype(delay(clock_duration())),
              decltype(rate_limit(1)),
              decltype(sample(clock_duration())),
              decltype(debounce(clock_duration())),
              decltype(timeout(clock_duration())),
              decltype(deadline(clock_duration())),
              decltype(backpressure_timeout(clock_duration())),
              decltype(chunks_timeout(2, clock_duration())),
              decltype(take_for(clock_duration())),
              decltype(drop_for(clock_duration())),
              decltype(elapsed()),
              decltype(keep_alive(clock_duration(), seven()))>);
static_assert(all_make_move_only<
              decltype(with_latest_from(std::declval<up>())),
              decltype(take_until(std::declval<up>())),
              decltype(drop_until(std::declval<up>())),
              decltype(conflate(std::plus{})),
              decltype(stop_on(std::stop_token()))>);
static_assert(
    all_move_only<
        decltype(streamx::defer(std::declval<any_executor>(), std::declval<up (*)()>()) | retry()),
        decltype(streamx::defer(std::declval<any_executor>(), std::declval<up (*)()>()) | restart()),
        decltype(std::declval<up>() | map(to_result()) | divert_errors(std::declval<sender<error_code>>()))>);
static_assert(all_move_only<
              io::http_body_stream,
              io::http_items_stream<io::line_codec>,
              io::sse_stream,
              io::websocket_stream>);

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
