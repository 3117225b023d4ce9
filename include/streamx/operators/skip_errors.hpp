#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <utility>

namespace streamx {

/// The stream that `skip_errors` makes: the values among upstream's results.
template <async_stream Up>
class [[nodiscard]] skip_errors_stream : public stream_interface<skip_errors_stream<Up>> {
    static_assert(
        result_stream<Up>, "skip_errors: the items of this stream are no streamx::result<T, E>");

public:
    using value_type = detail::item_value_t<Up>;
    using executor_type = executor_t<Up>;

    explicit skip_errors_stream(Up up) : up_(std::move(up)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        // Others run even if all items are errors: after so many in a row it is pending once.
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = up_.try_next();
            if (!item)
                return item.template without_item<value_type>();
            if (*item) [[likely]]
                return std::move(**item);
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
};

/// Passes on the values of items that are `result`s, and drops the errors. So that they are not
/// lost silently, put `inspect_error` or `divert_errors` before it.
/// @marble  `-1--E--2-|`  ->  `skip_errors()`  ->  `-1-----2-|`
/// @errors  upstream's own failure, unchanged; error items do not end the stream
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  Supervision.Resume (Akka)
[[nodiscard]] inline auto skip_errors() {
    return adaptor([]<async_stream Up>(Up up) { return skip_errors_stream<Up>(std::move(up)); });
}

} // namespace streamx
