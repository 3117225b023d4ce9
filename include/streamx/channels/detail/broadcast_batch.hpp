#pragma once

#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_ring.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/each_ready.hpp>

#include <atomic>
#include <utility>

namespace streamx::detail {

/// All that `s` can take now. One who is waited for takes several items under one lock, and gives
/// room for them back when it comes for more; while this runs nobody else touches `s`.
template <class T, class Take>
[[gnu::always_inline]] inline halt
take_ready(broadcast_core<T>& core, subscriber<T>& s, Take&& take) {
    const struct settled_at_end {
        ~settled_at_end() {
            if (s.batches && s.position() != s.counted)
                core.settle(s);
        }
        broadcast_core<T>& core;
        subscriber<T>& s;
    } guard{core, s};
    for (unsigned left = budget; left != 0;) {
        auto [from, items, retained] =
            s.batches ? core.claim(s, left) : typename broadcast_core<T>::batch{};
        left -= items;
        for (; items != 0; --items, ++from) {
            const auto position = s.position();
            T item = broadcast_ring<T>::template give<T>(*from, retained);
            s.cursor.store(position + 1, std::memory_order_release);
            if (!take(std::move(item))) [[unlikely]]
                return halt::asked;
        }
        if (from)
            continue;
        auto item = core.try_next(s); // what it may take one by one only, or the end
        if (!item)
            return item.is_end() ? halt::end : halt::pending;
        --left;
        if (!take(*std::move(item))) [[unlikely]]
            return halt::asked;
        if (s.took_last) // who waits now looks again, and need not look twice
            return halt::pending;
    }
    return halt::spent;
}

} // namespace streamx::detail
