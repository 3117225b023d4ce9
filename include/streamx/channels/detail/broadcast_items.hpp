#pragma once

#include <streamx/channels/detail/broadcast_afterwards.hpp>
#include <streamx/channels/detail/broadcast_ring.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace streamx::detail {

/// What a broadcast holds: its items in one ring, and of these what each subscriber has before it;
/// and counts of what becomes of them. Guarded by the broadcast's lock.
template <class T>
struct broadcast_items {
    using subscriber_type = subscriber<T>;
    using afterwards = broadcast_afterwards<T>;

    broadcast_ring<T> ring;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t undelivered = 0;
    std::uint64_t discarded = 0;
    std::uint64_t passed_by = 0; ///< the ring: discarded at once, or given from hand to hand

    explicit broadcast_items(std::size_t retained) noexcept : ring(retained) {}

    std::uint64_t tail() const noexcept { return ring.tail(); }
    /// How many were accepted.
    std::uint64_t put() const noexcept { return ring.tail() + passed_by; }

    /// Where a subscriber's items end. One that is gone has none.
    std::uint64_t tail_of(const subscriber_type& s) const noexcept {
        return s.gone ? s.position() : ring.tail();
    }

    /// How many of a lossy subscriber's items it is too late for.
    std::uint64_t lost(const subscriber_type& s) const noexcept {
        const auto behind = tail_of(s) - s.position();
        return s.care == attention::lossy && behind > s.capacity ? behind - s.capacity : 0;
    }

    /// What a batch has taken since its subscriber was last counted.
    static std::uint64_t uncounted(const subscriber_type& s) noexcept {
        return s.cursor.load(std::memory_order_acquire) - s.counted;
    }

    /// How many items are there for it.
    std::uint64_t lag_of(const subscriber_type& s) const noexcept {
        return s.care == attention::copied ? (s.rare ? s.rare->copies.size() : 0)
                                           : tail_of(s) - s.position() - lost(s);
    }

    bool has_item(const subscriber_type& s) const noexcept {
        if (s.care == attention::copied)
            return s.rare && !s.rare->copies.empty();
        return tail_of(s) != s.position();
    }

    /// Whether it has items before it, or a batch that is not counted yet.
    bool is_behind(const subscriber_type& s) const noexcept {
        return s.care == attention::copied ? has_item(s) : tail_of(s) != s.counted;
    }

    static void move_to(subscriber_type& s, std::uint64_t position) noexcept {
        s.counted = position;
        s.cursor.store(position, std::memory_order_relaxed);
    }

    // --- taking ----------------------------------------------------------------------------------

    /// Precondition: it has an item in the ring.
    [[gnu::always_inline]] poll<T> take(subscriber_type& s) {
        const auto position = s.position();
        auto item = ring.template take<poll<T>>(position);
        move_to(s, position + 1);
        ++s.delivered;
        ++delivered;
        return item;
    }

    /// It gets an item that never comes into the ring.
    poll<T> hand(subscriber_type& s, T& item) {
        poll<T> result(std::move(item));
        ++passed_by;
        ++s.delivered;
        ++delivered;
        return result;
    }

    /// Precondition: it has a copy of its own.
    poll<T> take_copy(subscriber_type& s) {
        poll<T> item(std::move(s.rare->copies.front()));
        s.rare->copies.pop_front();
        ++s.delivered;
        ++delivered;
        return item;
    }

    /// Counts what a batch has taken; false if that is nothing.
    bool count(subscriber_type& s) noexcept {
        const auto taken = s.position() - s.counted;
        if (taken == 0)
            return false;
        ring.let_go(std::exchange(s.counted, s.position()), s.position());
        s.delivered += taken;
        delivered += taken;
        return true;
    }

    // --- missing ---------------------------------------------------------------------------------

    /// A lossy subscriber goes on with the oldest item that it may still have.
    void catch_up(subscriber_type& s) noexcept {
        const auto late = lost(s);
        if (late == 0)
            return;
        const auto to = s.position() + late;
        ring.let_go(s.position(), to);
        move_to(s, to);
        s.missed += late;
        dropped += late;
    }

    /// Passes over one item.
    void skip(subscriber_type& s, afterwards& later) noexcept {
        const auto position = s.position();
        later.lose(s, *ring.at(position).item);
        ring.let_go(position);
        move_to(s, position + 1);
    }

    /// Passes over all that a subscriber has before it; how many that was.
    std::uint64_t skip_all(subscriber_type& s, afterwards& later) noexcept {
        if (s.care == attention::copied) {
            if (!s.rare)
                return 0;
            const auto had = s.rare->copies.size();
            for (auto& item : s.rare->copies)
                later.lose(s, item);
            s.rare->copies.clear();
            return had;
        }
        catch_up(s);
        const auto had = tail_of(s) - s.position();
        for (const auto to = tail_of(s); s.position() != to;)
            skip(s, later);
        return had;
    }

    void drop_oldest(subscriber_type& s, afterwards& later) noexcept {
        skip(s, later);
        ++s.missed;
        ++dropped;
    }

    /// It misses what it has not taken, and the item that was too much.
    void drop_all(subscriber_type& s, const T& item, afterwards& later) noexcept {
        const auto had = skip_all(s, later) + 1;
        later.lose(s, item);
        s.missed += had;
        dropped += had;
    }

    // --- copies ----------------------------------------------------------------------------------

    /// Gives an item to a subscriber that has its own copies, if it has room.
    void copy(subscriber_type& s, const T& item, afterwards& later) noexcept {
        try {
            if (s.rare_part().copies.size() < s.capacity)
                return s.rare->copies.push_back(item);
        } catch (...) { // the others are not to suffer for it
            log(log_level::error, "a subscriber misses an item: copying it threw");
        }
        ++s.missed;
        ++dropped;
        later.lose(s, item);
    }

    /// What a subscriber has before it in the ring becomes its own copies.
    void copy_all(subscriber_type& s, afterwards& later) noexcept {
        for (auto position = s.position(); position != ring.tail(); ++position) {
            copy(s, *ring.at(position).item, later);
            ring.let_go(position);
        }
        move_to(s, ring.tail());
    }
};

} // namespace streamx::detail
