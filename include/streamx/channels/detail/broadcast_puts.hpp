#pragma once

#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace streamx::detail {

/// The puts of a broadcast that wait, first come first served, and for how long they do. Guarded by
/// the broadcast's lock.
template <class T>
class broadcast_puts {
public:
    using put_type = put_waiter<T>;
    using put_ptr = boost::intrusive_ptr<put_type>;

    bool empty() const noexcept { return waiting_.empty(); }
    put_type* front() const noexcept { return waiting_.front(); }
    std::size_t count() const noexcept { return count_; }
    std::uint64_t times_blocked() const noexcept { return times_blocked_; }
    /// Since when the first waits, being the first.
    clock::time_point held_since() const noexcept { return held_since_; }

    /// A waiter for a put, or for a number of subscribers: the last one that was done with, if there
    /// is one.
    put_ptr waiter_in(broadcast_core<T>& core) {
        put_ptr w = spare_ && spare_->holders == 1 ? std::move(spare_)
                                                   : put_ptr(new put_type(broadcast_ptr<T>()));
        w->core.reset(&core);
        w->subscribers = 0;
        w->accepted = false;
        return w;
    }

    /// It has done its work: the next has it.
    void keep(put_type& w) noexcept {
        if (!spare_)
            spare_.reset(&w);
    }

    void push_back(put_ptr w, clock::time_point now) noexcept {
        w->since = now;
        if (empty())
            held_since_ = now;
        waiting_.push_back(std::move(w));
        ++count_;
        ++times_blocked_;
    }

    put_ptr remove(put_type& w, clock::time_point now) noexcept {
        if (&w == front())
            held_since_ = now;
        --count_;
        if (now > w.since) // the two may have come from a clock and a rough one
            blocked_for_ += now - w.since;
        return waiting_.remove(w);
    }

    std::chrono::nanoseconds blocked_for(clock::time_point now) const noexcept {
        auto sum = blocked_for_;
        for (auto* w = front(); w; w = w->next)
            sum += now - w->since;
        return sum;
    }

private:
    waiter_list<put_type> waiting_;
    put_ptr spare_; // what the next put may wait with
    clock::time_point held_since_;
    std::uint64_t times_blocked_ = 0;
    std::size_t count_ = 0;
    std::chrono::nanoseconds blocked_for_{0};
};

} // namespace streamx::detail
