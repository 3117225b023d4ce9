#pragma once

#include <streamx/channels/detail/broadcast_items.hpp>
#include <streamx/channels/detail/broadcast_peers.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/budget_state.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace streamx::detail {

/// What the items in the ring of a broadcast weigh, and the room that there is for more.
template <class T>
class broadcast_account final : public budget_account {
public:
    using afterwards = broadcast_afterwards<T>;
    using weigher = std::function<std::size_t(const T&)>;

    broadcast_account(std::shared_ptr<budget_state> in, broadcast_core<T>& core, weigher w)
        : budget_account(std::move(in)), weigh(std::move(w)), core_(core) {}

    /// What nobody is to have any more weighs nothing.
    [[gnu::noinline]] void settle(const broadcast_items<T>& items, afterwards& later) {
        const auto& ring = items.ring;
        later.budget().of(*this);
        auto from = ring.tail() - count();
        while (from != ring.tail() && (from < ring.begin() || !ring.at(from).item))
            ++from;
        keep_last(ring.tail() - from);
    }

    /// Whether there is room for an item of that weight; it is set aside then. Who may miss items
    /// misses the oldest for it, and what is retained for newcomers is so no longer.
    [[gnu::noinline]] bool afford(
        std::size_t weight,
        broadcast_items<T>& items,
        broadcast_peers<T>& peers,
        afterwards& later) {
        settle(items, later);
        while (!set_aside(weight)) {
            const auto missing = short_of(weight);
            if (!missing || !free_oldest(*missing, items, peers, later))
                return false;
        }
        return true;
    }

    /// Of the item that is in its place, and not pushed yet.
    void add_next(std::size_t weight, broadcast_items<T>& items, afterwards& later) {
        later.budget().of(*this);
        try {
            add(weight);
        } catch (...) {
            items.ring.at(items.tail()).item.reset();
            throw;
        }
    }

    const weigher weigh;

private:
    /// Frees so much, if nobody is to have the oldest items that weigh it but those who may miss them.
    bool free_oldest(
        std::size_t weight,
        broadcast_items<T>& items,
        broadcast_peers<T>& peers,
        afterwards& later) {
        const auto oldest = items.tail() - count();
        auto end = oldest;
        for (std::size_t freed = 0; freed < weight; ++end) {
            if (end == items.tail() || !may_go(end, items, peers))
                return false;
            freed += weight_at(end - oldest);
        }
        for (auto* s : peers.with(attention::limited))
            while (s->policy == overflow::drop_oldest && s->position() < end)
                items.drop_oldest(*s, later);
        items.ring.forget(end);
        settle(items, later);
        return true;
    }

    static bool may_go(
        std::uint64_t position,
        const broadcast_items<T>& items,
        const broadcast_peers<T>& peers) noexcept {
        const auto& limited = peers.with(attention::limited);
        const auto may_miss = std::count_if(limited.begin(), limited.end(), [&](const auto* s) {
            return s->policy == overflow::drop_oldest && s->position() <= position;
        });
        return may_miss == items.ring.at(position).takers.load(std::memory_order_relaxed);
    }

    void hold() noexcept override { intrusive_ptr_add_ref(&core_); }
    void let_go() noexcept override { intrusive_ptr_release(&core_); }
    void granted() override { core_.granted(); }

    broadcast_core<T>& core_;
};

} // namespace streamx::detail
