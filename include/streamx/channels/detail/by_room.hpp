#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Subscribers in the order in which the tail of the ring fills them, a heap. Where that is, is looked up
/// again only when the tail comes to where it was: those who take something are full later, never earlier.
/// So a put looks at none that has room. O(log n) for each that it looks at, comes or goes.
template <class Subscriber>
class by_room {
public:
    void reserve_one_more() { heap_.reserve(heap_.size() + 1); }

    /// It is in the heap, and never full.
    void add(Subscriber& s) {
        heap_.push_back({never, &s});
        s.place = static_cast<std::uint32_t>(heap_.size() - 1);
    }
    /// From now on it is full when it says.
    void start(Subscriber& s) noexcept {
        heap_[s.place].full_at = s.full_at();
        rise(s.place);
    }
    void remove(const Subscriber& s) noexcept {
        const std::size_t hole = s.place;
        if (hole >= heap_.size() || heap_[hole].who != &s)
            return;
        const auto last = heap_.back();
        heap_.pop_back();
        if (hole == heap_.size())
            return;
        put(hole, last);
        rise(hole);
        sink(last.who->place);
    }

    /// One that is full with the tail there, or null.
    Subscriber* first_full(std::uint64_t tail) noexcept {
        while (until() <= tail) {
            auto& first = heap_.front();
            first.full_at = first.who->full_at();
            if (first.full_at <= tail)
                return first.who;
            sink(0);
        }
        return nullptr;
    }

    /// With the tail before this none is full.
    std::uint64_t until() const noexcept { return heap_.empty() ? never : heap_.front().full_at; }

private:
    static constexpr auto never = std::numeric_limits<std::uint64_t>::max();

    struct entry {
        std::uint64_t full_at; // or later
        Subscriber* who;
    };

    void put(std::size_t at, const entry& e) noexcept {
        heap_[at] = e;
        e.who->place = static_cast<std::uint32_t>(at);
    }

    void rise(std::size_t at) noexcept {
        const auto e = heap_[at];
        for (; at != 0 && e.full_at < heap_[(at - 1) / 2].full_at; at = (at - 1) / 2)
            put(at, heap_[(at - 1) / 2]);
        put(at, e);
    }

    void sink(std::size_t at) noexcept {
        const auto e = heap_[at];
        for (std::size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
            if (child + 1 < heap_.size() && heap_[child + 1].full_at < heap_[child].full_at)
                ++child;
            if (e.full_at <= heap_[child].full_at)
                break;
            put(at, heap_[child]);
        }
        put(at, e);
    }

    std::vector<entry> heap_;
};

} // namespace streamx::detail
