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

/// The stream that `chunks` makes: upstream's items in vectors of equal size.
template <async_stream Up>
class [[nodiscard]] chunks_stream : public stream_interface<chunks_stream<Up>> {
public:
    using value_type = typename detail::chunker<Up>::chunk;
    using executor_type = executor_t<Up>;

    chunks_stream(Up up, std::size_t size) : chunk_(std::move(up), size) {}

    executor_type get_executor() const noexcept { return chunk_.upstream().get_executor(); }

    poll<value_type> try_next() {
        poll<item_t<Up>> last = pending;
        if (chunk_.fill(last) || (last.is_end() && !chunk_.empty()))
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

/// Gathers items into vectors of `size`; the last may be shorter, and so may one before a failure.
/// Throws `std::invalid_argument` if `size` is 0. A slow source holds a chunk back until it is
/// full.
/// @marble  `-1--2--3-|`  ->  `chunks(2)`  ->  `----[1,2]----([3]|)`
/// @errors  upstream's, after a chunk of the items that came before it
/// @cancels as upstream; the items of a chunk that is not full yet stay for the next pull
/// @cost    one vector a chunk; at most `size` items buffered
/// @others  chunks (futures), chunk (ranges), buffer (Rx), grouped (Akka)
[[nodiscard]] inline auto chunks(std::size_t size) {
    detail::checked_size(size, "chunks: size must be at least 1");
    return adaptor(
        [size]<async_stream Up>(Up up) { return chunks_stream<Up>(std::move(up), size); });
}

} // namespace streamx
