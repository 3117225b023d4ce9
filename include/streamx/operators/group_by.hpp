#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/group_sink.hpp>
#include <streamx/channels/detail/outlet.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx {

struct group_by_options {
    /// The most items that each group has before it.
    std::size_t capacity = 16;
    /// How long an item waits for room in a group that nobody has ever asked for one.
    clock_service::duration patience = std::chrono::seconds(5);
    /// With a number behind it, in the order in which they come, `dump_graph` shows the groups under this.
    std::string name = {};
};

/// The stream of one group that `group_by` makes.
template <class T>
using group_stream = detail::outlet<T>;

/// What `group_by` makes: the groups, each a `std::pair` of its key and its `group_stream`.
template <class Key, class T>
using group_by_stream = detail::outlet<std::pair<Key, group_stream<T>>>;

/// Makes a stream for each key, `key(item)`: the result is a stream of `std::pair`s of a key and the
/// stream of the items that have it, in order. Keys need a `std::hash`, an `==` and to be copied.
/// The streams may be used from different threads, each from one at a time; upstream stays on its own
/// executor, which it must have and which runs one handler at a time.
///
/// A full group holds back all. It reports what would hang elsewhere: more than `max_groups` open at
/// a time, and a group that is full and that nobody has ever asked for an item in
/// `options.patience`. A group is open until its stream is destroyed; the next item of its key opens
/// another. If the stream of groups is destroyed the groups go on, and items of other keys are
/// dropped. With all of them gone upstream is let go of. Throws `std::invalid_argument` if
/// `max_groups` or the capacity is 0, or the patience negative.
/// @marble  `-1-2-3-|`  ->  `group_by(x => x % 2, 9)`  ->  `-(1,g)-(0,h)---|`, g: `-1---3-|`, h: `---2---|`
/// @errors  to the groups and their stream, after what came before: upstream's; what `key` throws;
///          `errc::too_many_groups`; `errc::group_not_consumed`
/// @cancels a wait takes no item, so none is lost
/// @cost    a channel a group; at most `capacity` items buffered in each, and one more in all
/// @others  group_by (Rx), groupBy (Akka)
template <class KeyFn>
[[nodiscard]] auto group_by(KeyFn key, std::size_t max_groups, group_by_options options) {
    detail::checked_size(max_groups, "group_by: max_groups must be at least 1");
    detail::checked_size(options.capacity, "group_by: capacity must be at least 1");
    detail::not_negative(options.patience, "group_by: patience must not be negative");
    return adaptor([max_groups, options, key = std::move(key)]<async_stream Up>(Up up) mutable {
        using item = item_t<Up>;
        static_assert(
            std::invocable<KeyFn&, const item&>, "group_by: `key` is called with a `const T&`");
        using key_type = std::decay_t<std::invoke_result_t<KeyFn&, const item&>>;
        using sink = detail::group_sink<item, key_type, KeyFn>;
        auto [tx, rx] = make_channel<typename sink::group>(up.get_executor(), max_groups);
        const auto pump = std::make_shared<detail::pump<Up, sink>>(
            std::move(up),
            sink(
                std::move(tx),
                std::move(key),
                max_groups,
                options.capacity,
                options.patience,
                options.name));
        pump->idle_sink().outlets_of(pump);
        return group_by_stream<key_type, item>(std::move(rx), pump);
    });
}
/// The same with the default options. (Not by a default argument: g++ 12 destroys that twice in an
/// expression with a `co_await`.)
template <class KeyFn>
[[nodiscard]] auto group_by(KeyFn key, std::size_t max_groups) {
    return group_by(std::move(key), max_groups, group_by_options());
}

} // namespace streamx
