#pragma once

#include <streamx/channels/detail/segments.hpp>
#include <streamx/core/detail/gate.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// Where a receiver is: the items from `next` to `last` are its own to take without the lock.
template <class T>
struct cursor {
    T* next = nullptr;
    T* last = nullptr;
    bool failed = false; ///< has been told of the failure that closed the channel
};

/// The items of a channel, and the room for more: positions of both ends and how far each of them may
/// go without a look at the other. Under the channel's lock, but for `taken` and what it looks at,
/// which a receiver that is the only one calls without.
template <class T, class Lock>
struct channel_lane {
    static constexpr auto never = std::numeric_limits<std::size_t>::max();
    struct no_flag {}; // on one strand they are not
    using batching_flag =
        std::conditional_t<std::is_same_v<Lock, null_lock>, no_flag, std::atomic<bool>>;

    // What every send writes.
    std::atomic<std::size_t> tail = 0; ///< items sent so far
    std::size_t easy_until = 0;        ///< up to here a send has nothing to look at but this
    T* next_place = nullptr;           ///< where the item at `tail` goes, while it is easy

    // What is written now and then.
    std::size_t capacity;
    mutable std::size_t seen_head = 0; ///< what the senders know of `head`
    std::size_t high_water = 0;
    std::size_t reserved = 0; ///< slots that permits keep
    segments<T> places;

    // What a receiver writes and looks at with every item: far from what the senders write.
    // Senders may be let in by the batch, until `settle`.
    [[no_unique_address]] batching_flag batching{};
    std::atomic<std::size_t> make_room_at =
        never; ///< when so many were taken, senders that wait go on
    std::atomic<std::size_t> make_much_room_at = never; ///< ... when they go on by the batch
    std::atomic<std::size_t> head = 0;                  ///< items taken so far

    explicit channel_lane(std::size_t room) noexcept : capacity(room) {}
    ~channel_lane() {
        for (auto position = head.load(); position != tail.load(); ++position)
            std::destroy_at(places.to_read(position));
    }

    std::size_t size() const noexcept {
        return tail.load(std::memory_order_relaxed) - head.load(std::memory_order_acquire);
    }
    bool empty() const noexcept {
        return head.load(std::memory_order_relaxed) == tail.load(std::memory_order_relaxed);
    }
    /// How many items there may be, beside those that have a slot.
    std::size_t room() const noexcept { return capacity > reserved ? capacity - reserved : 0; }

    bool has_room(std::size_t receivers_waiting) const noexcept {
        if (capacity == 0) // a rendezvous: as many as receivers wait
            return receivers_waiting > reserved;
        const auto used = tail.load(std::memory_order_relaxed) + reserved;
        if (used - seen_head < capacity) [[likely]]
            return true;
        seen_head = head.load(std::memory_order_seq_cst);
        return used - seen_head < capacity;
    }

    /// Puts an item behind the last, where it is easy.
    void push_easily(T& item) {
        std::construct_at(next_place, std::move(item));
        ++next_place;
        tail.store(tail.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    /// Puts an item behind the last. If its move throws nothing has happened.
    void push(T& item) {
        const auto position = tail.load(std::memory_order_relaxed);
        T* place = places.to_write(position);
        std::construct_at(place, std::move(item));
        tail.store(position + 1, std::memory_order_release);
        if (position + 1 - seen_head > high_water) {
            seen_head = head.load(std::memory_order_acquire);
            high_water = std::max(high_water, position + 1 - seen_head);
        }
        next_place = place + 1;
    }

    /// If nobody waits, the next items need only be put behind the last: up to the end of the
    /// segment, of the room that is known of, and of the most that was ever in the channel.
    void plan_easy(bool nobody_waits) noexcept {
        easy_until =
            nobody_waits && capacity > reserved
                ? std::min(
                      {places.write_end(), seen_head + capacity - reserved, seen_head + high_water})
                : 0;
    }

    /// Moves the oldest item out; if that throws, it is still there.
    void take_into(std::optional<T>& item) {
        const auto position = head.load(std::memory_order_relaxed);
        T* place = places.to_read(position);
        item.emplace(std::move(*place));
        std::destroy_at(place);
        head.store(position + 1, std::memory_order_release);
    }

    /// While senders wait, a receiver lets them in as soon as a slot is free; in a stretch in which
    /// it is asked again at once when half of the capacity is, so that they do not take turns item
    /// by item. With a budget every item that leaves makes room, perhaps elsewhere.
    void plan_room(bool senders_wait, bool within_budget) noexcept {
        auto at = never;
        auto half = never;
        if (within_budget) {
            at = half = 0;
        } else if (senders_wait) {
            const auto free = room();
            const auto end = tail.load(std::memory_order_relaxed);
            const auto position = [&](std::size_t enough) {
                return end + enough > free ? end + enough - free : 0;
            };
            at = position(std::min<std::size_t>(free, 1));
            half = position(std::min(free, std::max<std::size_t>(capacity / 2, 1)));
        }
        make_much_room_at.store(half, std::memory_order_relaxed);
        make_room_at.store(at, std::memory_order_seq_cst);
    }

    /// A receiver has taken up to `to`; true if it is to let senders in. Senders and receiver each
    /// write what they have done before they look at what the other has (in one order for all: a
    /// sender that has seen no room is seen).
    bool taken(std::size_t to) noexcept {
        if constexpr (std::is_same_v<Lock, null_lock>) {
            head.store(to, std::memory_order_relaxed);
            return to >= make_room_at.load(std::memory_order_relaxed);
        } else if (batching.load(std::memory_order_relaxed)) [[likely]] {
            head.store(to, std::memory_order_release);
            return to >= make_much_room_at.load(std::memory_order_relaxed);
        } else {
            head.store(to, std::memory_order_seq_cst);
            return to >= make_room_at.load(std::memory_order_seq_cst);
        }
    }
};

} // namespace streamx::detail
