#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <utility>

namespace streamx::detail {

/// Any handler of a wait, as a type: what crosses the border of an `any_stream` or `any_sink`.
/// (Boost 1.81's `any_completion_handler` cannot be passed to a raw channel, nor be moved in
/// safety.)
class any_wait_handler {
    struct base {
        virtual ~base() = default;
        virtual void complete(error_code ec) = 0;
    };

    template <class Op>
    struct holder final : base {
        explicit holder(Op o) : op(std::move(o)) {}
        void complete(error_code ec) override { std::move(op)(ec); }
        Op op;
    };

public:
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;

    /// `op` must have an associated executor.
    template <class Op>
    explicit any_wait_handler(Op op)
        : executor_(asio::get_associated_executor(op)),
          slot_(asio::get_associated_cancellation_slot(op)),
          op_(std::make_unique<holder<Op>>(std::move(op))) {}

    executor_type get_executor() const noexcept { return executor_; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

    /// Frees its memory first, as Asio asks of every operation.
    void operator()(error_code ec) {
        const auto op = std::move(op_);
        op->complete(ec);
    }

private:
    executor_type executor_;
    cancellation_slot_type slot_;
    std::unique_ptr<base> op_;
};

} // namespace streamx::detail
