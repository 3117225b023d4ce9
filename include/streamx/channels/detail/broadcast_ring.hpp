#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// The items of a broadcast, by their positions 0, 1, 2, ..., each with a count of those who have not
/// taken it yet. The last one to take an item, or its ceasing to be retained, frees it.
///
/// Guarded by the broadcast's lock; but who is a taker of an item may read it without. So items stay
/// where they are: the ring is made of chunks, and grows by more of them, as far as it is used.
template <class T>
class broadcast_ring {
public:
    struct slot {
        std::optional<T> item;
        std::atomic<std::uint32_t> takers = 0; ///< written under the lock only
    };

    explicit broadcast_ring(std::size_t retained) noexcept : retained_(retained) {}

    /// How many items there have been: the position of the next.
    std::uint64_t tail() const noexcept { return tail_; }
    std::size_t retained() const noexcept { return retained_; }

    /// That many items, and one more, may have to be in the ring.
    void need(std::size_t items) noexcept {
        needed_ =
            std::max(needed_, items == std::numeric_limits<std::size_t>::max() ? items : items + 1);
    }

    /// So many of the last items may be kept for one who is to come, with room for more.
    void keep(std::size_t items) noexcept {
        need(items);
        keeps_ = items > 1;
    }

    /// Precondition: it was put, and is not written over.
    slot& at(std::uint64_t position) const noexcept {
        return chunks_[index(position)][position & (chunk() - 1)];
    }

    /// The oldest position that is not written over.
    std::uint64_t begin() const noexcept {
        return std::max(begin_, tail_ - std::min<std::uint64_t>(tail_, size()));
    }

    bool is_retained(std::uint64_t position) const noexcept { return position >= retained_from(); }
    std::uint64_t retained_from() const noexcept {
        return std::max(forgotten_, tail_ - std::min<std::uint64_t>(tail_, retained_));
    }
    /// Of what is retained, items before this are not any more.
    void forget(std::uint64_t until) noexcept {
        for (auto position = retained_from(); position < until; ++position)
            if (slot& s = at(position); s.takers.load(std::memory_order_relaxed) == 0)
                s.item.reset();
        forgotten_ = std::max(forgotten_, until);
    }

    /// Where the chunk of a position ends.
    std::uint64_t chunk_end(std::uint64_t position) const noexcept {
        return (position | (chunk() - 1)) + 1;
    }

    /// The place of the next item, empty. One that is still in it is one that somebody is too late
    /// for: the ring grows before it writes over any that it needs.
    slot& next() {
        if ((tail_ & (chunk() - 1)) == 0) [[unlikely]]
            turn();
        place_->item.reset();
        place_->takers.store(0, std::memory_order_relaxed);
        return *place_;
    }

    /// The next item is in its place, and has so many takers.
    void push(std::uint32_t takers) noexcept {
        slot& place = *place_++;
        place.takers.store(takers, std::memory_order_relaxed);
        ++tail_;
        if (retained_ == 0) [[likely]] {
            if (takers == 0)
                place.item.reset();
        } else if (tail_ > retained_) { // what has just ceased to be retained
            if (slot& s = at(tail_ - retained_ - 1); s.takers.load(std::memory_order_relaxed) == 0)
                s.item.reset();
        }
    }

    /// Puts the next item in its place, with nothing retained.
    void push(T& item, std::uint32_t takers) {
        place_->item.emplace(std::move(item));
        place_->takers.store(takers, std::memory_order_relaxed);
        ++place_;
        ++tail_;
    }

    /// One taker more for an item that is there.
    void hold(std::uint64_t position) noexcept {
        auto& takers = at(position).takers;
        takers.store(takers.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    /// One taker less for the items from one position to another, which may have been written over.
    void let_go(std::uint64_t from, std::uint64_t to) noexcept {
        const auto kept_from = retained_from();
        for (from = std::max(from, begin()); from < to;) {
            slot* s = &at(from);
            for (const auto end = std::min(to, chunk_end(from)); from != end; ++from, ++s) {
                const auto takers = s->takers.load(std::memory_order_relaxed);
                if (takers == 0)
                    continue;
                s->takers.store(takers - 1, std::memory_order_release);
                if (takers == 1 && from < kept_from)
                    s->item.reset();
            }
        }
    }
    void let_go(std::uint64_t position) noexcept { let_go(position, position + 1); }

    /// Whether newcomers may want what others have taken.
    bool retains() const noexcept { return retained_ != 0; }

    /// The item for one of its takers: itself if no other is to have it, else a copy. This one may be
    /// called without the lock; then nobody knows how long what is retained will be.
    template <class Item>
    static Item give(slot& from, bool retains) {
        const bool last = !retains && from.takers.load(std::memory_order_acquire) == 1;
        return last ? Item(std::move(*from.item)) : Item(std::as_const(*from.item));
    }

    /// The same under the lock, and one taker less. Precondition: it is not written over.
    template <class Item>
    [[gnu::always_inline]] Item take(std::uint64_t position) {
        slot& from = at(position);
        const bool last = is_last_use(from, position);
        Item item = last ? Item(std::move(*from.item)) : Item(std::as_const(*from.item));
        if (const auto takers = from.takers.load(std::memory_order_relaxed); takers != 0)
            from.takers.store(takers - 1, std::memory_order_release);
        if (last)
            from.item.reset();
        return item;
    }

private:
    static constexpr std::size_t largest_chunk =
        std::clamp<std::size_t>(std::bit_floor(2048 / sizeof(slot)), 4, 64);

    static constexpr std::size_t lockstep_chunk = 16;

    std::size_t chunk() const noexcept { return std::size_t(1) << bits_; }
    std::size_t size() const noexcept { return chunks_.size() << bits_; }
    std::size_t index(std::uint64_t position) const noexcept {
        return (position >> bits_) & (chunks_.size() - 1);
    }

    /// A taker that has let go has done with the item before.
    bool is_last_use(const slot& s, std::uint64_t position) const noexcept {
        return s.takers.load(std::memory_order_acquire) == 1 &&
               (retained_ == 0 || !is_retained(position));
    }

    /// The next item is the first of a chunk: the one whose turn it is, or a new one if there are
    /// items in it that are needed. Items are done with in order, so its last one tells.
    [[gnu::noinline]] void turn() {
        if (chunks_.empty()) {
            // In lockstep an item is gone when the next comes, so that room is only for speed.
            const auto items = needed_ <= 1 ? lockstep_chunk : needed_;
            bits_ =
                std::countr_zero(std::bit_ceil(std::clamp<std::size_t>(items, 2, largest_chunk)));
            chunks_.resize(1);
        }
        const slot* old = chunks_[index(tail_)].get();
        if (old && is_small() && old[chunk() - 1].item)
            grow();
        if (auto& mine = chunks_[index(tail_)]; !mine)
            mine = std::make_unique<slot[]>(chunk());
        place_ = chunks_[index(tail_)].get();
    }

    /// Whether there is less room than is needed. Who comes while a chunk is filled may begin with what was
    /// kept before that, which the rest of the chunk must not write over: so there is a chunk more.
    bool is_small() const noexcept {
        return size() < needed_ || (keeps_ && size() - needed_ < chunk());
    }

    void grow() {
        std::vector<std::unique_ptr<slot[]>> more(chunks_.size() * 2);
        begin_ = begin();
        for (auto position = begin_; position != tail_; position += chunk())
            more[(position >> bits_) & (more.size() - 1)] = std::move(chunks_[index(position)]);
        chunks_.swap(more);
    }

    std::vector<std::unique_ptr<slot[]>> chunks_; // as many as a power of 2
    unsigned bits_ = 0;                           // of a position that are its place in a chunk
    std::size_t needed_ = 0;
    bool keeps_ = false;
    std::uint64_t tail_ = 0;
    slot* place_ = nullptr;       // of the next item, unless that is the first of a chunk
    std::uint64_t begin_ = 0;     // what was written over before it grew
    std::uint64_t forgotten_ = 0; // what ceased early to be retained
    const std::size_t retained_;
};

} // namespace streamx::detail
