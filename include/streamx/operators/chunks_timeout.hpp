#pragma once

#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {
template <class T>
struct timed_chunker {
    using value_type = gathered_t<T>;

    template <class Input>
    poll<value_type> next(Input& in) {
        const bool was_empty = filling.empty();
        if (filling.size() < size)
            in.each_ready([&](T&& item) {
                if (filling.empty())
                    filling.reserve(std::min<std::size_t>(size, 64));
                filling.push_back(std::move(item));
                return filling.size() < size;
            });
        if (filling.empty())
            return in.over() ? poll<value_type>(in.finish()) : pending;
        if (filling.size() == size || in.over())
            return gather(std::exchange(filling, {}));
        const auto now = in.now();
        if (was_empty)
            due = later(now, length);
        if (now < due)
            return pending;
        return gather(std::exchange(filling, {}));
    }

    clock::time_point until() const noexcept { return filling.empty() ? never_again : due; }

    std::size_t size;
    clock::duration length;
    std::vector<T> filling{};
    clock::time_point due{}; // of what is in it
};
} // namespace detail

/// Gathers items into vectors of `size`, or of what has come when `length` has passed since the
/// first in it came. Never gives an empty one. With a `length` of 0 a chunk is what is there at
/// once, as of `ready_chunks`. Throws `std::invalid_argument` if `size` is 0 or `length` negative.
/// @marble  `-1-23------4-|`  ->  `chunks_timeout(2, 3s)`  ->  `---[1,2]---[3]-----([4]|)`
/// @errors  upstream's, after a chunk of the items that came before it
/// @cancels the items of a chunk that is not full yet stay for the next pull, and its time goes on
/// @cost    one allocation, and one vector a chunk; at most `size` items buffered
/// @others  bufferTimeout (Rx), groupedWithin (Akka)
[[nodiscard]] inline auto chunks_timeout(std::size_t size, clock_service::duration length) {
    detail::checked_size(size, "chunks_timeout: size must be at least 1");
    detail::not_negative(length, "chunks_timeout: length must not be negative");
    return detail::timed(
        [size, length]<class T> { return detail::timed_chunker<T>{size, length}; });
}

} // namespace streamx
