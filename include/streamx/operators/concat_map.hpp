#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/flatten.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/stream_interface.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `concat_map` makes: the items of one stream after the other, of those that a
/// function makes of upstream's items.
template <async_stream Up, class Fn>
class [[nodiscard]] concat_map_stream : public stream_interface<concat_map_stream<Up, Fn>> {
    using inner = typename detail::stream_made_by<Fn, item_t<Up>>::type;

public:
    using value_type = item_t<inner>;
    using executor_type = executor_t<Up>;

    concat_map_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        for (unsigned left = detail::budget; left != 0; --left) {
            if (inner_) {
                if (auto item = inner_->try_next(); !item.is_end())
                    return item;
                inner_.reset();
            }
            auto outer = up_.try_next();
            if (!outer)
                return outer.template without_item<value_type>();
            inner_.emplace(std::invoke(fn_, *std::move(outer)));
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            detail::wait_op<Handler, executor_type> op(std::move(handler), self->get_executor());
            if (self->inner_)
                self->inner_->async_wait(std::move(op));
            else
                self->up_.async_wait(std::move(op));
        }

        concat_map_stream* self;
    };

    Up up_;
    [[no_unique_address]] Fn fn_;
    std::optional<inner> inner_;
};

/// Passes each item through a function that makes a stream of it, and joins those streams end to end:
/// the next item is taken from upstream when the stream of the last one has ended.
/// @marble  `-a-b-|`  ->  `concat_map(x => -x-x|)`  ->  `--a-a-b-b|`
/// @errors  upstream's and the current stream's, unchanged; what the function throws fails the stream
/// @cancels as the current stream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy; one stream at a time
/// @others  flatten (futures), join (ranges), concat_map (Rx), flatMapConcat (Akka)
template <class Fn>
[[nodiscard]] auto concat_map(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return concat_map_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
