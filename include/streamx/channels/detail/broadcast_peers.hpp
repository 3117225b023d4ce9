#pragma once

#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/by_room.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/consumer_scope.hpp>
#include <streamx/time/detail/clock.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace streamx::detail {

/// The subscribers of a broadcast, by how they are looked after, and who of them is waited for.
/// Guarded by the broadcast's lock.
///
/// A put is held back while a lockstep subscriber does not ask (`unready` counts those), or a limited
/// one is full that is waited for; up to where the tail is at `roomy_until` no limited one can be full.
template <class T>
class broadcast_peers {
public:
    using subscriber_type = subscriber<T>;
    using list = std::vector<subscriber_type*>;

    list& with(attention care) noexcept { return lists_[static_cast<int>(care)]; }
    const list& with(attention care) const noexcept { return lists_[static_cast<int>(care)]; }
    const std::array<list, 4>& lists() const noexcept { return lists_; }

    std::size_t active() const noexcept { return active_; }
    std::size_t unready() const noexcept { return unready_; }
    std::uint64_t roomy_until() const noexcept { return roomy_until_; }
    std::uint32_t in_lockstep() const noexcept {
        return static_cast<std::uint32_t>(with(attention::lockstep).size());
    }
    /// Whether all are in lockstep; there is one at least.
    bool only_lockstep() const noexcept { return active_ != 0 && active_ == in_lockstep(); }
    /// Whether there is one who is not waited for for ever.
    bool has_patient() const noexcept { return patient_ != 0; }
    /// How many have their items from the ring.
    std::uint32_t in_ring() const noexcept {
        return static_cast<std::uint32_t>(active_ - with(attention::copied).size());
    }

    // --- coming and going ------------------------------------------------------------------------

    void enlist(subscriber_type& s) {
        if (s.care == attention::limited)
            alike(s).add(s);
        s.index = static_cast<std::uint32_t>(with(s.care).size());
        try {
            with(s.care).push_back(&s);
        } catch (...) {
            forget_room(s);
            throw;
        }
    }

    /// One that is enlisted gets items from now on.
    void welcome(subscriber_type& s) noexcept {
        s.here = true;
        ++active_;
        if (s.care == attention::lockstep)
            ++unready_;
        if (s.has_patience())
            ++patient_;
        if (s.care == attention::limited)
            alike(s).start(s);
        look_again();
    }

    void strike(subscriber_type& s) noexcept {
        auto& others = with(s.care);
        others[s.index] = others.back();
        others[s.index]->index = s.index;
        others.pop_back();
        forget_room(s);
        if (s.care == attention::lockstep && !s.queued)
            --unready_;
        if (s.has_patience())
            --patient_;
        if (&s == blocker_)
            blocker_ = nullptr;
    }

    /// The same, and it gets no more; false if it was the last.
    bool dismiss(subscriber_type& s) noexcept {
        s.here = false;
        strike(s);
        return --active_ != 0;
    }

    /// One that is not waited for any more has another policy.
    void change(subscriber_type& s, overflow policy, std::size_t capacity, attention care) {
        with(care).reserve(with(care).size() + 1); // below nothing may fail
        passed_over_.reserve_one_more();
        strike(s);
        s.rare->patience = clock::duration::max();
        s.policy = policy;
        s.capacity = capacity;
        s.care = care;
        enlist(s);
        if (care == attention::limited)
            alike(s).start(s);
        look_again();
    }

    /// What was known of their room is not known any more.
    void look_again() noexcept { roomy_until_ = 0; }

    // --- who is waited for -----------------------------------------------------------------------

    void asks(const subscriber_type& s) noexcept { unready_ -= s.care == attention::lockstep; }
    void asks_no_more(const subscriber_type& s) noexcept {
        unready_ += s.care == attention::lockstep;
    }

    /// One that is full and not waited for, or null.
    subscriber_type* first_overrun(std::uint64_t tail) noexcept {
        return passed_over_.first_full(tail);
    }

    bool is_blocker(const subscriber_type& s) const noexcept { return &s == blocker_; }

    /// Whether nobody is waited for.
    bool let_pass(std::uint64_t tail) noexcept {
        return unready_ == 0 && (tail < roomy_until_ || nobody_is_full(tail));
    }

    /// Whether a put is to wait for it. Precondition: it is here.
    static bool holds_back(const subscriber_type& s, std::uint64_t tail) noexcept {
        if (s.care == attention::lockstep)
            return !s.queued;
        return s.care == attention::limited && s.policy == overflow::wait && s.is_full(tail);
    }

    /// One that is waited for, if there is one.
    const subscriber_type* slowest(std::uint64_t tail) const noexcept {
        for (const auto* s : with(attention::lockstep))
            if (!s->queued)
                return s;
        return blocker_ && holds_back(*blocker_, tail) ? blocker_ : nullptr;
    }

    /// Whether a put waits for the subscriber that this consumer looks after, who does not ask while it
    /// awaits something else. It may have been handed on meanwhile. Only a few are looked at.
    bool is_held_back_by(const consumer& who, std::uint64_t tail) const noexcept {
        if (!who.subscriber || active_ > few)
            return false;
        for (const auto care : {attention::lockstep, attention::limited})
            for (const auto* s : with(care))
                if (s == who.subscriber)
                    return s->consumer.load(std::memory_order_relaxed) == who.coroutine &&
                           holds_back(*s, tail) && !s->has_patience();
        return false;
    }

    // --- patience --------------------------------------------------------------------------------

    /// When the patience with one ends, with a put that has waited since then.
    static clock::time_point
    patience_ends(const subscriber_type& s, std::uint64_t tail, clock::time_point since) noexcept {
        return s.has_patience() && holds_back(s, tail)
                   ? later(std::max(since, s.rare->waited_for_since), s.rare->patience)
                   : clock::time_point::max();
    }

    clock::time_point patience_ends(std::uint64_t tail, clock::time_point since) const noexcept {
        auto first = clock::time_point::max();
        for (const auto care : {attention::lockstep, attention::limited})
            for (const auto* s : with(care))
                first = std::min(first, patience_ends(*s, tail, since));
        return first;
    }

private:
    static constexpr std::size_t few = 16;

    /// Looks for a subscriber that is to be waited for, and how far nobody will be full.
    bool nobody_is_full(std::uint64_t tail) noexcept {
        blocker_ = awaited_.first_full(tail);
        roomy_until_ = std::min(awaited_.until(), passed_over_.until());
        return !blocker_;
    }

    by_room<subscriber_type>& alike(const subscriber_type& s) noexcept {
        return s.policy == overflow::wait ? awaited_ : passed_over_;
    }
    void forget_room(const subscriber_type& s) noexcept { // its policy may be another since
        awaited_.remove(s);
        passed_over_.remove(s);
    }

    std::array<list, 4> lists_;            // by attention
    by_room<subscriber_type> awaited_;     // limited, and waited for
    by_room<subscriber_type> passed_over_; // limited, with another policy
    std::uint64_t roomy_until_ = 0;        // up to here no limited subscriber can be full
    std::size_t active_ = 0;               // who get items
    std::size_t unready_ = 0;              // lockstep subscribers that do not ask
    std::size_t patient_ = 0;              // those who are not waited for for ever
    subscriber_type* blocker_ = nullptr;   // limited, full, and waited for
};

} // namespace streamx::detail
