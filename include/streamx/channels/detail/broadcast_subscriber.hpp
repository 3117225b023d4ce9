#pragma once

#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/time/detail/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace streamx::detail {

/// How a broadcast looks after a subscriber.
enum class attention : unsigned char {
    lockstep, ///< `wait`, capacity 0: counted while it does not ask
    limited,  ///< looked at when it may have as many items before it as it may
    lossy,    ///< `drop_oldest`: never looked at; it finds out itself what it has lost
    copied,   ///< `drop_newest`: what it has may be older than anything in the ring
};

/// A subscriber: its place in the ring, and where it waits.
template <class T>
struct subscriber final : broadcast_waiter<T, subscriber<T>> {
    using hook = std::function<void(T&&)>;

    /// What most do without.
    struct rarely {
        std::string name;
        hook on_undelivered;
        std::deque<T> copies; ///< `copied`: the items that it has before it
        clock::duration patience = clock::duration::max(); ///< of those who wait for it
        clock::time_point waited_for_since;                ///< at the earliest: when it came
        overflow then = overflow::drop_oldest;             ///< its policy when that is over
        clock::time_point since; ///< of one that `dump_graph` shows: it waits, or runs
    };

    using broadcast_waiter<T, subscriber>::broadcast_waiter;
    ~subscriber() { this->retire(); }

    /// The next item to take. In a batch it is written without the lock.
    std::atomic<std::uint64_t> cursor = 0;
    std::uint64_t counted = 0; ///< items before this are taken, let go and counted
    std::uint64_t delivered = 0;
    std::uint64_t missed = 0;
    std::size_t capacity = 0;
    std::unique_ptr<rarely> rare;
    /// The coroutine that waited for it last, to be compared only.
    std::atomic<const void*> consumer = nullptr;
    std::uint32_t index = 0; ///< among those that are looked after alike
    std::uint32_t place = 0; ///< `limited`: by room
    overflow policy = overflow::wait;
    /// Nobody else takes items from it, so it may take several without the lock. Never changes.
    bool batches = false;
    attention care = attention::lockstep;
    bool here : 1 = false; ///< gets items
    bool gone : 1 = false; ///< was here, and has left or was cut off
    /// Nothing came behind the item that it took last, and none could have by asking.
    bool took_last : 1 = false;
    bool failed : 1 = false; ///< has been told of the failure that it ends with

    std::uint64_t position() const noexcept { return cursor.load(std::memory_order_relaxed); }

    rarely& rare_part() {
        if (!rare)
            rare = std::make_unique<rarely>();
        return *rare;
    }
    bool has_hook() const noexcept { return rare && rare->on_undelivered; }
    bool has_patience() const noexcept { return rare && rare->patience != clock::duration::max(); }

    /// How it is looked after with such a policy and capacity.
    attention care_for(overflow what, std::size_t room) const noexcept {
        return room == 0                                      ? attention::lockstep
               : what == overflow::drop_newest                ? attention::copied
               : what == overflow::drop_oldest && !has_hook() ? attention::lossy
                                                              : attention::limited;
    }

    /// Whether it has as many items before it, with the tail there, as it may.
    bool is_full(std::uint64_t tail) const noexcept {
        return tail - cursor.load(std::memory_order_acquire) >= capacity;
    }
    /// Where the tail is then.
    std::uint64_t full_at() const noexcept {
        constexpr auto never = std::numeric_limits<std::uint64_t>::max();
        const auto position = cursor.load(std::memory_order_acquire);
        return capacity > never - position ? never : position + capacity;
    }

    void finish() noexcept {}

    /// In which its coroutine waited.
    const void* reader() const noexcept { return this; }

private:
    /// Who waited is gone with its context, and does not ask any more.
    bool stay() noexcept override {
        intrusive_ptr_add_ref(this);
        return true;
    }
    void abandoned() noexcept override {
        this->core->cancel(*this);
        intrusive_ptr_release(this);
    }
};

} // namespace streamx::detail
