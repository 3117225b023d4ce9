#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/chunker.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `ready_chunks` makes: whatever upstream has ready, in one vector.
template <async_stream Up>
class [[nodiscard]] ready_chunks_stream : public stream_interface<ready_chunks_stream<Up>> {
public:
    using value_type = typename detail::chunker<Up>::chunk;
    using executor_type = executor_t<Up>;

    ready_chunks_stream(Up up, std::size_t limit) : chunk_(std::move(up), limit) {}

    executor_type get_executor() const noexcept { return chunk_.upstream().get_executor(); }

    poll<value_type> try_next() {
        poll<item_t<Up>> last = pending;
        if (chunk_.fill(last) || !chunk_.empty())
            return chunk_.take();
        return last.template without_item<value_type>();
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return chunk_.async_wait(std::forward<Token>(token));
    }

private:
    detail::chunker<Up> chunk_;
};

/// Gathers the items that are ready now, at most `limit`, into one vector: big batches under load,
/// and no waiting when there is little. Throws `std::invalid_argument` if `limit` is 0.
/// @marble  `-(123)--4-|`  ->  `ready_chunks(2)`  ->  `-([1,2][3])--[4]-|`
/// @errors  upstream's, after a chunk of the items that came before it
/// @cancels as upstream; nothing is held between two pulls, so nothing can be lost
/// @cost    one vector a chunk; nothing buffered
/// @others  ready_chunks (futures), batch (Akka)
[[nodiscard]] inline auto ready_chunks(std::size_t limit) {
    detail::checked_size(limit, "ready_chunks: limit must be at least 1");
    return adaptor(
        [limit]<async_stream Up>(Up up) { return ready_chunks_stream<Up>(std::move(up), limit); });
}

} // namespace streamx
