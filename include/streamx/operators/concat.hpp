#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `concat` makes: all items of one stream, then all of the next.
template <class Inputs>
class [[nodiscard]] concat_stream : public stream_interface<concat_stream<Inputs>> {
public:
    using value_type = typename Inputs::value_type;
    using executor_type = typename Inputs::executor_type;

    explicit concat_stream(Inputs inputs)
        : executor_(inputs.get_executor()), inputs_(std::move(inputs)) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        while (current_ < inputs_.size()) {
            auto item = inputs_.try_next(current_);
            if (!item.is_end())
                return item;
            inputs_.visit(current_++, [](auto& input, auto) { input.reset(); });
        }
        return end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->current_ == self->inputs_.size())
                return detail::async_ready(std::move(handler), self->executor_);
            detail::wait_op<Handler, executor_type> op(std::move(handler), self->executor_);
            self->inputs_.visit(
                self->current_, [&](auto& input, auto) { input->async_wait(std::move(op)); });
        }

        concat_stream* self;
    };

    executor_type executor_;
    Inputs inputs_;
    std::size_t current_ = 0;
};

/// Joins streams of one `value_type` end to end. A stream is released when it has ended, and the
/// next is not asked for anything before that.
/// @marble  `-1--2-|`, `-a-|`  ->  `concat`  ->  `-1--2--a-|`
/// @errors  the current stream's, unchanged; those after it are never asked
/// @cancels as the current stream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered
/// @others  chain (futures), concat (ranges), concat (Rx), concat (Akka)
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto concat(S first, Ss... rest) {
    return concat_stream(detail::alike_input_tuple<S, Ss...>(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; with none it ends at once.
template <async_stream S>
[[nodiscard]] auto concat(std::vector<S> streams) {
    return concat_stream(detail::input_list<S>(std::move(streams)));
}

} // namespace streamx
