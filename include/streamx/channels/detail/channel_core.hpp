#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/segments.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx::detail {

/// What came of an attempt. `queued`: it waits, and its waiter will be woken.
enum class send_result { sent, full, closed, queued };

/// What came of a wait. `busy`: this waiter is queued already.
enum class wait_result { ready, queued, busy };

/// Where a receiver is: the items from `position` to `limit` are its own to take without the lock.
struct cursor {
    std::size_t position = 0;
    std::size_t limit = 0;
    bool failed = false; ///< has been told of the failure that closed the channel
};

/// The state that the two ends of a channel share: a bounded queue, and who waits at its edges.
///
/// A receiver that is the only one takes all that is there under one lock and serves it without;
/// what it has not served yet is still in the channel, so the bound is strict. Items of waiting
/// senders are moved in, in order, by whoever makes room: nobody who comes later can overtake them.
template <class T, class Lock>
class channel_core : public std::enable_shared_from_this<channel_core<T, Lock>> {
public:
    using waiter_type = waiter<T, Lock>;
    using waiter_ptr = std::shared_ptr<waiter_type>;
    using hook = std::function<void(T&&)>;

    channel_core(std::size_t capacity, overflow policy, hook on_undelivered)
        : overflow_(policy), capacity_(capacity),
          on_undelivered_(
              on_undelivered ? std::make_unique<hook>(std::move(on_undelivered)) : nullptr) {}

    ~channel_core() {
        for (auto position = head_.load(); position != tail_.load(); ++position)
            segments_.read(position, [](T&&) { return 0; });
    }

    // --- senders ---------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched. Items that the policy drops go to the hook.
    send_result try_send(T& item, std::uint64_t endpoint) {
        std::optional<T> dropped;
        auto result = send_result::sent;
        {
            wakes woken;
            std::lock_guard lock(lock_);
            if (closed_)
                return send_result::closed;
            if ((senders_.empty() || invited_ == endpoint) && has_room())
                push(item, woken);
            else
                result = overflows(item, dropped, woken);
        }
        if (dropped)
            undelivered(*std::move(dropped));
        return result;
    }

    /// Takes the item of `w`, or queues it until there is room if the policy is to wait.
    send_result send_or_queue(const waiter_ptr& w) {
        std::optional<T> dropped;
        auto result = send_result::sent;
        {
            wakes woken;
            std::lock_guard lock(lock_);
            if (closed_)
                return send_result::closed;
            if (senders_.empty() && has_room())
                push(*w->item, woken);
            else if (overflow_ == overflow::wait)
                return queue_sender(w, wants::to_send);
            else
                result = overflows(*w->item, dropped, woken);
            w->accepted = result == send_result::sent;
        }
        if (dropped)
            undelivered(*std::move(dropped));
        return result;
    }

    /// Keeps a slot for `w`, or queues it until there is one.
    send_result reserve_or_queue(const waiter_ptr& w) {
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        if (!senders_.empty() || !has_room())
            return queue_sender(w, wants::permit);
        ++reserved_;
        w->what = wants::permit;
        w->accepted = true;
        return send_result::sent;
    }

    /// Uses a kept slot. False: closed meanwhile, and the item is untouched.
    bool send_reserved(T& item) {
        wakes woken;
        std::lock_guard lock(lock_);
        --reserved_;
        if (closed_)
            return false;
        push(item, woken);
        return true;
    }

    void give_back_slot() {
        wakes woken;
        std::lock_guard lock(lock_);
        --reserved_;
        admit(woken);
    }

    /// Queues `w` until `try_send` is worth calling, unless it is now.
    send_result room_or_queue(const waiter_ptr& w) {
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        if (overflow_ != overflow::wait || (senders_.empty() && has_room()))
            return send_result::sent;
        return queue_sender(w, wants::room);
    }

    // --- receivers -------------------------------------------------------------------------------

    poll<T> try_receive(cursor& c) {
        if (c.position != c.limit) [[likely]] {
            poll<T> item = take(c.position);
            head_.store(++c.position, std::memory_order_release);
            if (blocked_.load(std::memory_order_relaxed)) [[unlikely]]
                make_room();
            return item;
        }
        return refill(c);
    }

    /// Queues `w` until there is something to take, an end or a failure, unless there is now.
    wait_result queue_receiver(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(lock_);
        if (w->queued)
            return wait_result::busy;
        if (closed_ ||
            head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_relaxed))
            return wait_result::ready;
        w->what = wants::item;
        receivers_.push_back(w);
        admit(woken); // a rendezvous: there is room for one more now
        return wait_result::queued;
    }

    // --- both ------------------------------------------------------------------------------------

    /// Takes `w` out of its queue; false if it has been woken already, or was not queued.
    bool cancel(waiter_type& w) {
        wakes woken;
        waiter_ptr removed;
        std::lock_guard lock(lock_);
        if (!w.queued)
            return false;
        removed = remove(w);
        admit(woken); // it may have stood in the way of others
        return true;
    }

    /// A woken waiter has had its turn: what it has left is for those behind it.
    void pass_on() {
        wakes woken;
        std::lock_guard lock(lock_);
        invited_ = 0;
        admit(woken);
        if (head_.load(std::memory_order_acquire) != tail_.load(std::memory_order_relaxed))
            notify_receiver(woken);
    }

    /// Queues `w` until the channel is closed; false if it is.
    bool queue_for_close(const waiter_ptr& w) {
        std::lock_guard lock(lock_);
        if (closed_)
            return false;
        w->what = wants::closed;
        watchers_.push_back(w);
        return true;
    }

    void close(std::exception_ptr failure = nullptr) {
        wakes woken;
        std::lock_guard lock(lock_);
        close_locked(std::move(failure), woken);
    }

    std::uint64_t add_sender() { return add(senders_alive_); }
    std::uint64_t add_receiver() { return add(receivers_alive_); }

    /// The last sender's going is the end of the stream.
    void remove_sender(std::uint64_t endpoint) {
        abandoned gone;
        wakes woken;
        std::lock_guard lock(lock_);
        abandon(senders_, endpoint, gone);
        abandon(watchers_, endpoint, gone);
        if (invited_ == endpoint)
            invited_ = 0;
        if (--senders_alive_ == 0)
            close_locked(nullptr, woken);
        else
            admit(woken);
    }

    /// When the last receiver goes, senders are told and what is left is undelivered.
    void remove_receiver(std::uint64_t endpoint) {
        abandoned gone;
        bool last = false;
        {
            wakes woken;
            std::lock_guard lock(lock_);
            abandon(receivers_, endpoint, gone);
            abandon(watchers_, endpoint, gone);
            last = --receivers_alive_ == 0;
            if (last)
                close_locked(nullptr, woken);
        }
        if (last)
            drain();
    }

    /// What nobody will receive any more goes to the hook; an item of a send that failed, too.
    void undelivered(T&& item) {
        if (on_undelivered_)
            (*on_undelivered_)(std::move(item));
    }

    bool has_senders() const {
        std::lock_guard lock(lock_);
        return senders_alive_ != 0;
    }

    bool is_open() const {
        std::lock_guard lock(lock_);
        return !closed_;
    }

    std::size_t size() const {
        std::lock_guard lock(lock_);
        return tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire);
    }

    std::size_t capacity() const {
        std::lock_guard lock(lock_);
        return capacity_;
    }

    void set_capacity(std::size_t capacity) {
        wakes woken;
        std::lock_guard lock(lock_);
        capacity_ = capacity;
        admit(woken);
    }

    channel_stats stats() const {
        std::lock_guard lock(lock_);
        channel_stats s;
        s.sent = tail_.load(std::memory_order_relaxed);
        s.received = head_.load(std::memory_order_acquire) - dropped_oldest_ - undelivered_;
        s.dropped = dropped_oldest_ + dropped_newest_;
        s.undelivered = undelivered_;
        s.high_water = high_water_;
        s.times_blocked = times_blocked_;
        s.blocked_for = blocked_for_;
        for (auto* w = senders_.front(); w; w = w->next)
            s.blocked_for += std::chrono::steady_clock::now() - w->since;
        return s;
    }

private:
    using waiters = waiter_list<waiter_type>;
    using wakes = wake_list<waiter_type>;

    /// Waiters whose endpoint has gone: aborted once the lock is let go.
    class abandoned {
    public:
        ~abandoned() {
            while (first_) {
                const auto w = std::move(first_);
                first_ = std::move(w->self);
                w->parked.wake(asio::error::operation_aborted);
            }
        }
        void add(waiter_ptr w) noexcept {
            w->self = std::move(first_);
            first_ = std::move(w);
        }

    private:
        waiter_ptr first_;
    };

    bool has_room() {
        if (capacity_ == 0) // a rendezvous: as many as receivers wait
            return receivers_.size() > reserved_;
        const auto used = tail_.load(std::memory_order_relaxed) + reserved_;
        if (used - seen_head_ < capacity_) [[likely]]
            return true;
        seen_head_ = head_.load(std::memory_order_acquire);
        return used - seen_head_ < capacity_;
    }

    void push(T& item, wakes& woken) {
        const auto position = tail_.load(std::memory_order_relaxed);
        segments_.write(position, std::move(item));
        tail_.store(position + 1, std::memory_order_release);
        if (position + 1 - seen_head_ > high_water_) [[unlikely]] {
            seen_head_ = head_.load(std::memory_order_acquire);
            high_water_ = std::max(high_water_, position + 1 - seen_head_);
        }
        notify_receiver(woken);
    }

    send_result overflows(T& item, std::optional<T>& dropped, wakes& woken) {
        switch (overflow_) {
        case overflow::drop_oldest:
            if (head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_relaxed)) {
                dropped = take_locked();
                ++dropped_oldest_;
                push(item, woken);
                return send_result::sent;
            }
            [[fallthrough]]; // every slot is kept by a permit: there is nothing older
        case overflow::drop_newest:
            dropped = std::move(item);
            ++dropped_newest_;
            return send_result::sent;
        case overflow::wait:
        case overflow::fail:
            break;
        }
        return send_result::full;
    }

    T take(std::size_t position) {
        return segments_.read(position, [](T&& item) { return T(std::move(item)); });
    }

    T take_locked() {
        const auto position = head_.load(std::memory_order_relaxed);
        T item = take(position);
        head_.store(position + 1, std::memory_order_release);
        return item;
    }

    void notify_receiver(wakes& woken) {
        if (auto* w = receivers_.front()) {
            auto p = receivers_.remove(*w);
            p->leaves_rest = !receivers_.empty();
            woken.add(std::move(p));
        }
    }

    send_result queue_sender(const waiter_ptr& w, wants what) {
        w->what = what;
        w->accepted = false;
        w->since = std::chrono::steady_clock::now();
        ++times_blocked_;
        senders_.push_back(w);
        blocked_.store(true, std::memory_order_relaxed);
        return send_result::queued;
    }

    waiter_ptr remove(waiter_type& w) {
        switch (w.what) {
        case wants::item:
            return receivers_.remove(w);
        case wants::closed:
            return watchers_.remove(w);
        case wants::room:
        case wants::to_send:
        case wants::permit:
            break;
        }
        auto p = senders_.remove(w);
        blocked_for_ += std::chrono::steady_clock::now() - w.since;
        blocked_.store(!senders_.empty(), std::memory_order_relaxed);
        return p;
    }

    /// Gives room to the senders that wait, first come first served. One that is to try again is
    /// invited to: until it has, those behind it wait.
    void admit(wakes& woken) {
        while (!invited_ && !senders_.empty() && has_room())
            admit_first(woken);
    }

    /// Precondition: a sender waits.
    void admit_first(wakes& woken) {
        auto w = remove(*senders_.front());
        error_code result;
        w->leaves_rest = false;
        switch (w->what) {
        case wants::to_send:
            try {
                push(*w->item, woken);
                w->accepted = true;
            } catch (...) { // moving the item threw, or there is no memory: the sender's failure,
                            // not ours
                result = to_error_code(std::current_exception());
            }
            break;
        case wants::permit:
            ++reserved_;
            w->accepted = true;
            break;
        default:
            w->leaves_rest = true;
            invited_ = w->owner;
            break;
        }
        woken.add(std::move(w), result);
    }

    void make_room() {
        wakes woken;
        std::lock_guard lock(lock_);
        admit(woken);
    }

    poll<T> refill(cursor& c) {
        wakes woken;
        std::lock_guard lock(lock_);
        segments_.recycle();
        const auto head = head_.load(std::memory_order_relaxed);
        // A receiver that finds nothing takes from the first sender that waits, whatever the
        // capacity.
        while (tail_.load(std::memory_order_relaxed) == head && !senders_.empty() &&
               senders_.front()->what == wants::to_send)
            admit_first(woken);
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail == head) {
            if (!closed_)
                return pending;
            if (failure_ && !std::exchange(c.failed, true))
                std::rethrow_exception(failure_);
            return end;
        }
        poll<T> item = take_locked();
        c.position = head + 1;
        c.limit = receivers_alive_ == 1 && overflow_ != overflow::drop_oldest ? tail : c.position;
        admit(woken);
        return item;
    }

    void close_locked(std::exception_ptr failure, wakes& woken) {
        if (closed_)
            return;
        closed_ = true;
        failure_ = std::move(failure);
        while (auto* w = senders_.front())
            woken.add(remove(*w), errc::closed);
        while (auto* w = receivers_.front())
            woken.add(remove(*w));
        while (auto* w = watchers_.front())
            woken.add(remove(*w));
    }

    std::uint64_t add(std::size_t& alive) {
        std::lock_guard lock(lock_);
        ++alive;
        return ++endpoints_;
    }

    void abandon(waiters& list, std::uint64_t endpoint, abandoned& gone) {
        for (auto* w = list.front(); w;) {
            auto* next = w->next;
            if (w->owner == endpoint)
                gone.add(remove(*w));
            w = next;
        }
    }

    void drain() {
        for (;;) {
            std::optional<T> item;
            {
                std::lock_guard lock(lock_);
                if (head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_relaxed))
                    return;
                item = take_locked();
                ++undelivered_;
            }
            undelivered(*std::move(item));
        }
    }

    mutable Lock lock_;
    bool closed_ = false;
    overflow overflow_;
    std::atomic<bool> blocked_ = false; // whether a sender waits: all that a receiver looks at
    std::size_t capacity_;
    std::atomic<std::size_t> tail_ = 0; // items sent so far
    std::size_t seen_head_ = 0;         // what the senders know of head_
    std::size_t reserved_ = 0;
    std::uint64_t invited_ = 0; // the endpoint that was woken to try again and has not yet
    std::size_t high_water_ = 0;
    waiters senders_;
    waiters receivers_;
    waiters watchers_;
    std::size_t senders_alive_ = 0;
    std::size_t receivers_alive_ = 0;
    std::uint64_t endpoints_ = 0;
    std::exception_ptr failure_;
    std::unique_ptr<hook> on_undelivered_;
    std::uint64_t dropped_oldest_ = 0;
    std::uint64_t dropped_newest_ = 0;
    std::uint64_t undelivered_ = 0;
    std::uint64_t times_blocked_ = 0;
    std::chrono::nanoseconds blocked_for_{0};
    segments<T> segments_;
    std::atomic<std::size_t> head_ = 0; // items taken so far
};

} // namespace streamx::detail
