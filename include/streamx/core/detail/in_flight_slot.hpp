#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/spare_room.hpp>
#include <streamx/core/detail/waiting_coroutine.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>

namespace streamx::detail {

/// Where an item is, from when it is taken until what came of it has been given. `Owner` is the
/// `in_flight`. Between start and landing it belongs to what is going on, otherwise to the consumer.
template <class Owner, class Item, class Made, class Key>
struct in_flight_slot {
    /// What keeps the owner alive while a worker works. Worker and slot share it, as either may be
    /// destroyed first.
    struct hold {
        std::shared_ptr<Owner> owner;
    };

    void clear() noexcept {
        item.reset();
        made.reset();
        failure = nullptr;
        landed = false;
        next = nullptr;
    }

    std::optional<Item> item;
    std::optional<Made> made;
    std::exception_ptr failure;
    bool landed = false;
    bool here = false;                  // it was completed inside a pull
    std::atomic<bool> unwanted = false; // it has been cancelled
    in_flight_slot* next = nullptr;     // in the queue, or of those that are free

    Key key{};
    in_flight_slot* behind = nullptr; // the next of the same key

    asio::any_io_executor home;    // where it was started
    bool listens_otherwise = true; // than a worker does to cancellation, while it has no item
    asio::cancellation_signal cancel;
    own_room room; // for what it waits with
    std::shared_ptr<hold> held;
    waiting_coroutine idle; // the worker, which waits for an item
};

/// A queue of slots.
template <class Slot>
class slot_queue {
public:
    Slot* front() const noexcept { return first_; }
    void push(Slot& s) noexcept {
        s.next = nullptr;
        (first_ ? last_->next : first_) = &s;
        last_ = &s;
    }
    void pop() noexcept { first_ = first_->next; }

private:
    Slot* first_ = nullptr;
    Slot* last_ = nullptr;
};

} // namespace streamx::detail
