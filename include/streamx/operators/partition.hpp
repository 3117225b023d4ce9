#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/numbered.hpp>
#include <streamx/channels/detail/outlet.hpp>
#include <streamx/channels/detail/partition_sink.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

/// What `partition` does with an item for a stream that was destroyed.
enum class when_dropped : unsigned char {
    discard, ///< it goes to `on_undelivered`; the others go on
    fail,    ///< the other streams fail with `errc::closed`, after what they have
};

struct partition_options {
    /// The most items that each stream has before it.
    std::size_t capacity = 16;
    streamx::when_dropped when_dropped = streamx::when_dropped::discard;
    /// With the number of each behind it, `dump_graph` shows them under this.
    std::string name = {};
};

/// One of the streams that `partition` makes.
template <class T>
using partition_stream = detail::outlet<T>;

namespace detail {
struct let_it_go {
    template <class T>
    void operator()(T&&) const noexcept {}
};
} // namespace detail

/// Divides the items among a `std::vector` of `n` streams by their key, `key(item)`: items of one key
/// always go to the same stream, in order. An integer `k` goes to number `k % n` (-1 to the
/// last), any other key to that which its `std::hash` says. The streams may be used from different threads, each from one at
/// a time; upstream stays on its own executor, which it must have and which runs one handler at a time.
///
/// A full stream holds back all: its next item waits, and those after it. One that is destroyed
/// holds up nobody; `options.when_dropped` says what becomes of its items. `on_undelivered(item)`
/// gets what it had not taken and what comes for it later; it is called by whoever caused it and must
/// not throw. With all of them gone upstream is let go of. Throws `std::invalid_argument` if `n` or
/// the capacity is 0.
/// @marble  `-1-2-3-4-|`  ->  `partition(2, x => x)`  ->  `---2---4-|`, `-1---3---|`
/// @errors  upstream's and what `key` throws, to each, after the items that came before it;
///          `errc::closed` under `when_dropped::fail`
/// @cancels a wait takes no item, so none is lost
/// @cost    a channel a stream; at most `capacity` items buffered in each, and one more in all
/// @others  Partition (Akka)
template <class KeyFn, class Hook = detail::let_it_go>
[[nodiscard]] auto
partition(std::size_t n, KeyFn key, partition_options options, Hook on_undelivered = {}) {
    detail::checked_size(n, "partition: number must be at least 1");
    detail::checked_size(options.capacity, "partition: capacity must be at least 1");
    return adaptor([n,
                    options,
                    key = std::move(key),
                    hook = std::move(on_undelivered)]<async_stream Up>(Up up) mutable {
        using item = item_t<Up>;
        using sink = detail::partition_sink<item, KeyFn, Hook>;
        static_assert(
            std::invocable<KeyFn&, const item&>, "partition: `key` is called with a `const T&`");
        std::vector<sender<item>> ins;
        std::vector<receiver<item>> outs;
        for (std::size_t i = 0; i != n; ++i) {
            channel_options<item> channel{
                .capacity = options.capacity, .name = detail::numbered(options.name, i)};
            if constexpr (!std::is_same_v<Hook, detail::let_it_go>)
                channel.on_undelivered = hook;
            auto [tx, rx] = make_channel<item>(up.get_executor(), std::move(channel));
            ins.push_back(std::move(tx));
            outs.push_back(std::move(rx));
        }
        const std::shared_ptr<detail::pump_base> pump = std::make_shared<detail::pump<Up, sink>>(
            std::move(up),
            sink(
                std::move(ins),
                std::move(key),
                std::move(hook),
                options.when_dropped == when_dropped::fail));
        std::vector<partition_stream<item>> parts;
        parts.reserve(n);
        for (auto& rx : outs)
            parts.emplace_back(std::move(rx), pump);
        return parts;
    });
}
/// The same with the default options. (Not by a default argument: g++ 12 destroys that twice in an
/// expression with a `co_await`.)
template <class KeyFn>
[[nodiscard]] auto partition(std::size_t n, KeyFn key) {
    return partition(n, std::move(key), partition_options());
}

} // namespace streamx
