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

    /// A waiter for a put, or for a number of subscribers: the last one again if it is done with.
    /// It holds the broadcast from when it is queued, until it has finished. Whoever holds the lock must
    /// not be the one who destroys `other`.
    const put_ptr& waiter(put_ptr& other) {
        if (!last_ || !last_->holders.is_one()) {
            other.swap(last_);
            last_.reset(new put_type(broadcast_ptr<T>()));
        }
        last_->subscribers = 0;
        last_->accepted = false;
        return last_;
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
    put_ptr last_; // the next put waits with it if it is done with
    clock::time_point held_since_;
    std::uint64_t times_blocked_ = 0;
    std::size_t count_ = 0;
    std::chrono::nanoseconds blocked_for_{0};
};

} // namespace streamx::detail
