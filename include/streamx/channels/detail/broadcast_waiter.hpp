#pragma once

#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/error.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace streamx::detail {

template <class T>
class broadcast_core;
template <class T>
using broadcast_ptr = boost::intrusive_ptr<broadcast_core<T>>;

/// What can wait in a queue of a broadcast, and its gate. Guarded by the broadcast's lock, but for
/// the gate and the count of those who hold it.
template <class T, class Waiter>
struct broadcast_waiter {
    gate<std::mutex> parked;
    broadcast_ptr<T> core;
    Waiter* next = nullptr;
    Waiter* previous = nullptr;
    error_code result;
    bool queued = false;
    std::atomic<std::uint32_t> holders = 0;

    explicit broadcast_waiter(broadcast_ptr<T> c) noexcept : core(std::move(c)) {}

    friend void intrusive_ptr_add_ref(Waiter* w) noexcept { ++w->holders; }
    friend void intrusive_ptr_release(Waiter* w) noexcept {
        if (--w->holders == 0)
            delete w;
    }
};

/// A put that waits, or somebody who waits for a number of subscribers.
template <class T>
struct put_waiter : broadcast_waiter<T, put_waiter<T>> {
    using broadcast_waiter<T, put_waiter>::broadcast_waiter;

    T* item = nullptr; ///< here or at its owner's
    std::optional<T> held;
    std::chrono::nanoseconds since{0};
    std::size_t subscribers = 0; ///< how many are waited for; 0: it is a put
    bool accepted = false;

    /// An item that was given to the put and not accepted is undelivered.
    void finish() {
        if (!accepted && held)
            this->core->undelivered(*std::move(held));
        held.reset();
    }
};

/// How a broadcast looks after a subscriber.
enum class attention : unsigned char {
    lockstep, ///< `wait`, capacity 0: counted while it does not ask
    limited,  ///< looked at when it may have as many items before it as it may
    lossy,    ///< `drop_oldest`: never looked at; it finds out itself what it has lost
    copied,   ///< `drop_newest`: what it has may be older than anything in the ring
};

/// A subscriber: its place in the ring, and where it waits.
template <class T>
struct subscriber : broadcast_waiter<T, subscriber<T>> {
    using hook = std::function<void(T&&)>;

    /// What most do without.
    struct rarely {
        std::string name;
        hook on_undelivered;
        std::deque<T> copies; ///< `copied`: the items that it has before it
    };

    using broadcast_waiter<T, subscriber>::broadcast_waiter;

    std::uint64_t cursor = 0; ///< the next item to take
    std::uint64_t delivered = 0;
    std::uint64_t missed = 0;
    std::size_t capacity = 0;
    std::size_t index = 0; ///< among those that are looked after alike
    std::unique_ptr<rarely> rare;
    overflow policy = overflow::wait;
    attention care = attention::lockstep;
    bool here = false;   ///< gets items
    bool gone = false;   ///< was here, and has left or was cut off
    bool failed = false; ///< has been told of the failure that it ends with

    rarely& rare_part() {
        if (!rare)
            rare = std::make_unique<rarely>();
        return *rare;
    }
    bool has_hook() const noexcept { return rare && rare->on_undelivered; }

    void finish() noexcept {}
};

} // namespace streamx::detail
