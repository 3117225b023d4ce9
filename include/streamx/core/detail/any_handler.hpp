#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <utility>

namespace streamx::detail {

/// Any handler of an operation, as a type: what crosses the border of a translation unit, of an
/// `any_stream` or of a `transport`. (Boost 1.81's `any_completion_handler` cannot be passed to a raw
/// channel, nor be moved in safety.)
template <class... Results>
class any_handler {
    struct base {
        /// Both free the memory; `complete` does so first, as Asio asks of every operation.
        virtual void complete(Results... results) = 0;
        virtual void destroy() noexcept = 0;

    protected:
        ~base() = default;
    };

    template <class Op>
    class holder final : public base {
        using any_allocator =
            decltype(state_allocator(asio::get_associated_allocator(std::declval<const Op&>())));
        using allocator =
            typename std::allocator_traits<any_allocator>::template rebind_alloc<holder>;

    public:
        static holder* make(Op op) {
            allocator a = allocator_of(op);
            holder* p = a.allocate(1);
            return ::new (static_cast<void*>(p)) holder(std::move(op));
        }

        void complete(Results... results) override {
            Op op = std::move(op_);
            free(allocator_of(op));
            std::move(op)(std::move(results)...);
        }
        void destroy() noexcept override { free(allocator_of(op_)); }

    private:
        explicit holder(Op op) noexcept : op_(std::move(op)) {}

        static allocator allocator_of(const Op& op) noexcept {
            return allocator(state_allocator(asio::get_associated_allocator(op)));
        }
        void free(allocator a) noexcept {
            this->~holder();
            a.deallocate(this, 1);
        }

        Op op_;
    };

    struct deleter {
        void operator()(base* op) const noexcept { op->destroy(); }
    };

public:
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;

    /// `op` must have an associated executor.
    template <class Op>
    explicit any_handler(Op op)
        : executor_(asio::get_associated_executor(op)),
          slot_(asio::get_associated_cancellation_slot(op)), op_(holder<Op>::make(std::move(op))) {}

    executor_type get_executor() const noexcept { return executor_; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

    void operator()(Results... results) { op_.release()->complete(std::move(results)...); }

private:
    executor_type executor_;
    cancellation_slot_type slot_;
    std::unique_ptr<base, deleter> op_;
};

/// A handler with an executor to fall back to, whatever it is called with.
template <class Handler, class Fallback>
struct result_op : bound_handler<Handler, Fallback> {
    using bound_handler<Handler, Fallback>::bound_handler;
    template <class... Results>
    void operator()(Results&&... results) {
        std::move(this->handler())(std::forward<Results>(results)...);
    }
};

/// The handler as a type that runs on its own executor, or else on `fallback`.
template <class... Results, class Handler, class Fallback>
any_handler<Results...> erased(Handler handler, const Fallback& fallback) {
    return any_handler<Results...>(result_op<Handler, Fallback>(std::move(handler), fallback));
}

} // namespace streamx::detail
