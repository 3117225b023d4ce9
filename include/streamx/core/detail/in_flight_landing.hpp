#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/completion.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/spare_room.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace streamx::detail {

/// What an operation completes with, on any thread. If it is destroyed instead, the item lands as
/// a failure.
template <class Owner>
class in_flight_landing {
    using slot = typename Owner::slot;

public:
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;
    using allocator_type = spare_allocator<std::byte>;

    in_flight_landing(std::shared_ptr<Owner> owner, slot& s) noexcept
        : owner_(std::move(owner)), slot_(&s) {}
    in_flight_landing(in_flight_landing&&) noexcept = default;
    in_flight_landing& operator=(in_flight_landing&&) = delete;
    ~in_flight_landing() {
        if (owner_)
            owner_->lose(*slot_);
    }

    executor_type get_executor() const noexcept { return slot_->home; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot_->cancel.slot(); }
    allocator_type get_allocator() const noexcept { return allocator_type(slot_->room.get()); }
    bool unwanted() const noexcept { return slot_->unwanted; }

    template <class... Results>
    void operator()(Results&&... results) {
        clear_slot(get_cancellation_slot());
        make([&](auto& made) {
            take_completion(
                Owner::name,
                [&](auto&&... rest) { made.emplace(std::forward<decltype(rest)>(rest)...); },
                std::forward<Results>(results)...);
        });
    }

    /// Lands with what `f(std::optional<made>&)` makes, or throws.
    template <class F>
    void make(F&& f) {
        const auto owner = std::move(owner_);
        try {
            f(slot_->made);
        } catch (...) {
            slot_->failure = std::current_exception();
        }
        owner->land_from_afar(*slot_);
    }

private:
    std::shared_ptr<Owner> owner_;
    slot* slot_;
};

} // namespace streamx::detail
