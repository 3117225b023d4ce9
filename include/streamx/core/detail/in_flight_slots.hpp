#pragma once

#include <streamx/core/detail/arrivals.hpp>
#include <streamx/core/detail/in_flight_slot.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace streamx::detail {

/// In which order what was made of the items is given.
enum class made_order { of_input, of_completion };

/// The slots of an `in_flight`: which are free, of `most`; what has landed; and in which order what came
/// of the items is given. All of it belongs to the consumer, but for `land_from_afar`.
template <class Slot>
class in_flight_slots {
public:
    in_flight_slots(std::size_t most, made_order order) noexcept
        : most_(most), ordered_(order == made_order::of_input) {}

    bool ordered() const noexcept { return ordered_; }
    bool any_free() const noexcept { return taken_ < most_; }
    bool any_taken() const noexcept { return taken_ != 0; }

    /// The one that is taken next, when an item is in it. There is a free one.
    Slot& free() {
        if (!free_) {
            from_afar_.reserve(slots_.size() + 1);
            slots_.push_back(std::make_unique<Slot>());
            free_ = slots_.back().get();
        }
        return *free_;
    }
    bool is_next(const Slot& s) const noexcept { return free_ == &s; }
    void take(Slot& s) noexcept {
        free_ = s.next;
        ++taken_;
        if (ordered_)
            queue_.push(s);
    }

    void land(Slot& s) noexcept {
        s.landed = true;
        if (!ordered_)
            queue_.push(s);
    }
    /// Called from any thread; `collect_landed` calls `f(slot&)` for it then.
    void land_from_afar(Slot& s) { from_afar_.put(&s); }
    bool any_from_afar() const noexcept { return from_afar_.any(); }
    template <class F>
    void collect_landed(F&& f) {
        from_afar_.collect([&f](Slot* s) { f(*s); });
    }

    /// The next that is to be given, if it has landed. It is taken still.
    Slot* next_landed() noexcept {
        Slot* s = queue_.front();
        if (!s || !s->landed)
            return nullptr;
        queue_.pop();
        return s;
    }
    void vacate(Slot& s) noexcept {
        s.clear();
        s.next = free_;
        free_ = &s;
        --taken_;
    }

    template <class F>
    void each(F&& f) {
        for (auto& s : slots_)
            f(*s);
    }
    /// Those that are given after this one; only in the order of the input.
    template <class F>
    static void each_behind(Slot& s, F&& f) {
        for (Slot* behind = s.next; behind; behind = behind->next)
            f(*behind);
    }

private:
    std::size_t most_;
    std::size_t taken_ = 0;
    bool ordered_;
    std::vector<std::unique_ptr<Slot>> slots_;
    Slot* free_ = nullptr;
    slot_queue<Slot> queue_; // in the order in which they are to be given
    arrivals<Slot*> from_afar_;
};

} // namespace streamx::detail
