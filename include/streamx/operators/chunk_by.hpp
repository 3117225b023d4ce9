#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/chunker.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `chunk_by` makes: upstream's items in vectors of neighbours that belong together.
template <
    async_stream Up,
    std::predicate<const detail::carried_t<item_t<Up>>&, const detail::carried_t<item_t<Up>>&>
        Together>
class [[nodiscard]] chunk_by_stream : public stream_interface<chunk_by_stream<Up, Together>> {
public:
    using value_type = typename detail::chunker<Up>::chunk;
    using executor_type = executor_t<Up>;

    chunk_by_stream(Up up, Together together, std::size_t limit)
        : chunk_(std::move(up), limit), together_(std::move(together)) {}

    executor_type get_executor() const noexcept { return chunk_.upstream().get_executor(); }

    poll<value_type> try_next() {
        poll<item_t<Up>> last = pending;
        if (chunk_.fill(last, together_) || (last.is_end() && !chunk_.empty()))
            return chunk_.take();
        return last.template without_item<value_type>();
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return chunk_.async_wait(std::forward<Token>(token));
    }

private:
    detail::chunker<Up> chunk_;
    [[no_unique_address]] Together together_;
};

/// Gathers neighbours into vectors: a new one begins at each item for which `together(previous,
/// item)` does not hold, or when one has `limit` items. Throws `std::invalid_argument` if `limit`
/// is 0. A chunk is given when the first item of the next has come.
/// @marble  `-1--1--2-|`  ->  `chunk_by(equal, 100)`  ->  `-------[1,1]-([2]|)`
/// @errors  upstream's, after a chunk of the items that came before it; what the function throws
///          in the same way, but for the item that it was to judge
/// @cancels as upstream; the items of a chunk that is not complete yet stay for the next pull
/// @cost    one vector a chunk; at most `limit` + 1 items buffered
/// @others  chunk_by (ranges), splitWhen (Akka)
template <class Together>
[[nodiscard]] auto chunk_by(Together together, std::size_t limit) {
    detail::checked_size(limit, "chunk_by: limit must be at least 1");
    return adaptor([together = std::move(together), limit]<async_stream Up>(Up up) mutable {
        return chunk_by_stream<Up, Together>(std::move(up), std::move(together), limit);
    });
}

} // namespace streamx
