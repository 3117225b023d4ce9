#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <utility>

namespace streamx {

/// The stream that `fail_fast` makes: upstream's results as values, up to the first error.
template <async_stream Up>
class [[nodiscard]] fail_fast_stream : public stream_interface<fail_fast_stream<Up>> {
    static_assert(
        result_stream<Up>, "fail_fast: the items of this stream are no streamx::result<T, E>");

public:
    using value_type = detail::item_value_t<Up>;
    using executor_type = executor_t<Up>;

    explicit fail_fast_stream(Up up) : up_(std::move(up)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        auto item = up_.try_next();
        if (!item)
            return item.template without_item<value_type>();
        if (!*item) [[unlikely]]
            streamx::throw_error(std::move(*item).error());
        return std::move(**item);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
};

/// Passes on the values of items that are `result`s; the first error fails the stream. It is thrown
/// by `throw_error`: an `error_code` as a `boost::system::system_error`, an exception as itself.
/// @marble  `-1--E--2-|`  ->  `fail_fast()`  ->  `-1--x`
/// @errors  the first error item, as the exception that it stands for; upstream's own failure
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  try_collect, try_fold (futures), dematerialize (Rx)
[[nodiscard]] inline auto fail_fast() {
    return adaptor([]<async_stream Up>(Up up) { return fail_fast_stream<Up>(std::move(up)); });
}

} // namespace streamx
