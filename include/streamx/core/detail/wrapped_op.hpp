#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>

namespace streamx::detail {

/// Base of a handler that completes another one: its associators are that one's.
template <class Op>
struct wrapped_op {
    using executor_type = asio::associated_executor_t<Op>;
    using allocator_type = asio::associated_allocator_t<Op>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Op>;

    executor_type get_executor() const noexcept { return asio::get_associated_executor(op); }
    allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(op); }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return asio::get_associated_cancellation_slot(op);
    }

    Op op;
};

} // namespace streamx::detail
