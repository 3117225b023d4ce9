#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>

#include <utility>

namespace streamx::detail {

/// The wait of a sink that has several channels for one of them: that it is closed is no failure of
/// the sink, but worth another try.
template <class Op>
struct retry_op {
    using executor_type = asio::associated_executor_t<Op>;
    using allocator_type = asio::associated_allocator_t<Op>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Op>;

    executor_type get_executor() const noexcept { return asio::get_associated_executor(op); }
    allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(op); }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return asio::get_associated_cancellation_slot(op);
    }

    void operator()(error_code ec) { std::move(op)(ec == errc::closed ? error_code() : ec); }

    Op op;
};

} // namespace streamx::detail
