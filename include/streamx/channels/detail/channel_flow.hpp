#pragma once

#include <streamx/channels/detail/channel_afterwards.hpp>
#include <streamx/channels/detail/channel_lane.hpp>
#include <streamx/channels/detail/channel_rarely.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/coarse_clock.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace streamx::detail {

/// A rendezvous holds nothing, so there is no oldest item to drop.
inline void check_capacity(std::size_t capacity, overflow policy, const char* message) {
    if (capacity == 0 && policy == overflow::drop_oldest)
        throw std::invalid_argument(message);
}

/// What came of an attempt. `queued`: it waits, and its waiter will be woken.
enum class send_result { sent, full, closed, queued, exceeds_budget };

/// What happens in a channel: who may send, who waits at its edges, and who is woken. All of it under
/// the lock; whom it wakes it leaves for afterwards.
///
/// Items of waiting senders are moved in, in order, by whoever makes room: nobody who comes later can
/// overtake them.
template <class T, class Lock>
struct channel_flow {
    using waiter_type = waiter<T, Lock>;
    using waiter_ptr = detail::waiter_ptr<T, Lock>;
    using waiters = waiter_list<waiter_type>;
    using node = channel_node<T, Lock>;
    using wakes = channel_wakes<T, Lock>;
    using drops = channel_drops<T, Lock>;
    using rarely = channel_rarely<T, Lock>;

    waiters senders;
    waiters receivers;
    std::unique_ptr<rarely> rare_;
    std::uint32_t receivers_waiting = 0;
    std::uint32_t invited = 0;   ///< the endpoint that was woken to try again and has not yet
    std::uint32_t endpoints = 0; ///< ends made so far: the last one's name
    std::uint32_t senders_alive = 0;
    std::uint32_t receivers_alive = 0;
    const overflow policy;
    bool closed = false;
    bool has_budget = false;
    mutable Lock lock; ///< beside what every send writes
    channel_lane<T, Lock> lane;

    channel_flow(std::size_t capacity, overflow what) noexcept : policy(what), lane(capacity) {}

    rarely& rare() {
        if (!rare_)
            rare_ = std::make_unique<rarely>();
        return *rare_;
    }

    // --- the budget ------------------------------------------------------------------------------

    std::size_t weigh(const T& item) const { return has_budget ? rare_->budget->weigh(item) : 0; }

    bool can_ever_afford(std::size_t weight) const noexcept {
        return !has_budget || weight <= rare_->budget->budget().limit();
    }

    /// Whether there is room for an item of that weight; it is set aside then.
    bool afford(std::size_t weight) {
        if (!has_budget) [[likely]]
            return true;
        rare_->budget->refused = weight;
        return rare_->budget->set_aside(weight);
    }

    /// The same for the first sender that waits: if not, it waits for its turn.
    bool afford_first() {
        const auto weight = senders.front()->weight;
        if (!has_budget || rare_->budget->set_aside(weight))
            return true;
        rare_->budget->wait_for(weight);
        return false;
    }

    /// What has left the channel weighs nothing any more.
    void settle_budget(wakes& woken) {
        woken.budget.of(*rare_->budget);
        rare_->budget->keep_last(lane.size());
    }

    // --- sending ---------------------------------------------------------------------------------

    bool has_room() const noexcept { return lane.has_room(receivers_waiting); }

    /// Whether an endpoint may send now: there is room, and nobody comes before it.
    bool may_send(std::uint32_t endpoint) const noexcept {
        return (invited ? invited == endpoint : senders.empty()) && has_room();
    }

    /// Precondition: there is room, and what it weighs is set aside.
    void push(T& item, std::size_t weight, wakes& woken) {
        if (has_budget) [[unlikely]]
            push_weighed(item, weight, woken);
        else
            lane.push(item);
        notify_receiver(woken);
        lane.plan_easy(!has_budget && !invited && senders.empty() && receivers.empty());
    }

    /// What the policy makes of an item for which there is no room.
    send_result overflows(T& item, std::size_t weight, drops& dropped, wakes& woken) {
        switch (policy) {
        case overflow::drop_oldest:
            if (!lane.empty()) {
                lane.take_into(dropped.item);
                ++rare().dropped_oldest;
                if (has_budget)
                    settle_budget(woken);
                if (afford(weight)) {
                    push(item, weight, woken);
                    return send_result::sent;
                }
            }
            [[fallthrough]]; // nothing older makes room: permits keep all slots, or it weighs more
        case overflow::drop_newest:
            dropped.newest = std::move(item);
            ++rare().dropped_newest;
            return send_result::sent;
        case overflow::wait:
        case overflow::fail:
        case overflow::disconnect:
            break;
        }
        return send_result::full;
    }

    void keep_slot() {
        ++lane.reserved;
        lane.easy_until = 0;
        plan_room();
    }

    // --- who waits -------------------------------------------------------------------------------

    send_result queue_sender(const waiter_ptr& w, wants what, wakes& woken) {
        w->what = what;
        w->accepted = false;
        w->since = coarse_now();
        ++rare().times_blocked;
        if (invited == w->owner)
            invited = 0; // it has had its turn: what it sends later comes behind this
        if (senders.empty())
            note_change(&node::senders_since);
        senders.push_back(w);
        lane.easy_until = 0;
        plan_room();
        admit(woken); // room that a receiver made just now, without a look at us
        return send_result::queued;
    }

    void queue_receiver(const waiter_ptr& w, wakes& woken) {
        w->what = wants::item;
        if (receivers.empty())
            note_change(&node::receivers_since);
        receivers.push_back(w);
        ++receivers_waiting;
        lane.easy_until = 0;
        admit(woken); // a rendezvous: there is room for one more now
    }

    void notify_receiver(wakes& woken) {
        if (auto* w = receivers.front()) {
            auto p = remove(*w);
            p->leaves_rest = !receivers.empty();
            woken.add(std::move(p));
        }
    }

    waiter_ptr remove(waiter_type& w) {
        switch (w.what) {
        case wants::item:
            return unqueue_receiver(w);
        case wants::closed:
            return rare_->watchers.remove(w);
        case wants::room:
        case wants::to_send:
        case wants::permit:
            break;
        }
        auto p = senders.remove(w);
        if (senders.empty())
            note_change(&node::senders_since);
        rare_->blocked_for += coarse_now() - w.since;
        plan_room();
        return p;
    }

    void plan_room() noexcept { lane.plan_room(!senders.empty(), has_budget); }

    /// Gives room to the senders that wait, first come first served. One that is to try again is
    /// invited to: until it has, those behind it wait.
    void admit(wakes& woken) {
        if (has_budget) [[unlikely]]
            return admit_within_budget(woken);
        while (!invited && !senders.empty() && has_room())
            admit_first(woken);
    }

    /// Precondition: a sender waits.
    void admit_first(wakes& woken) {
        auto w = remove(*senders.front());
        error_code result;
        w->leaves_rest = false;
        switch (w->what) {
        case wants::to_send:
            try {
                push(*w->item, w->weight, woken);
                plan_room();
                w->accepted = true;
            } catch (...) { // moving the item threw, or there is no memory: the sender's failure,
                            // not ours
                result = to_error_code(std::current_exception());
            }
            break;
        case wants::permit:
            keep_slot();
            w->accepted = true;
            break;
        default:
            w->leaves_rest = true;
            invited = w->owner;
            lane.easy_until = 0;
            break;
        }
        woken.add(std::move(w), result);
    }

    /// Aborts the operations of an endpoint that has gone.
    void abandon(std::uint32_t endpoint, wakes& woken) {
        abandon(senders, endpoint, woken);
        abandon(receivers, endpoint, woken);
        if (rare_)
            abandon(rare_->watchers, endpoint, woken);
        if (invited == endpoint)
            invited = 0;
    }

    void close(std::exception_ptr failure, wakes& woken) {
        if (closed)
            return;
        closed = true;
        lane.easy_until = 0;
        if (failure)
            rare().failure = std::move(failure);
        while (auto* w = senders.front())
            woken.add(remove(*w), errc::closed);
        while (auto* w = receivers.front())
            woken.add(remove(*w));
        while (auto* w = rare_ ? rare_->watchers.front() : nullptr)
            woken.add(remove(*w));
        if (has_budget) {
            rare_->budget->give_up();
            settle_budget(woken);
        }
    }

private:
    void push_weighed(T& item, std::size_t weight, wakes& woken) {
        woken.budget.of(*rare_->budget);
        rare_->budget->add(weight);
        try {
            lane.push(item);
        } catch (...) {
            rare_->budget->remove_last();
            throw;
        }
    }

    void admit_within_budget(wakes& woken) {
        settle_budget(woken);
        while (!invited && !senders.empty() && has_room()) {
            if (!afford_first())
                return;
            admit_first(woken);
        }
        if (!invited)
            rare_->budget->give_up();
    }

    waiter_ptr unqueue_receiver(waiter_type& w) {
        --receivers_waiting;
        auto p = receivers.remove(w);
        if (receivers.empty())
            note_change(&node::receivers_since);
        return p;
    }

    void abandon(waiters& list, std::uint32_t endpoint, wakes& woken) {
        for (auto* w = list.front(); w;) {
            auto* next = w->next;
            if (w->owner == endpoint)
                woken.add(remove(*w), asio::error::operation_aborted);
            w = next;
        }
    }

    /// One end begins to wait, or to run.
    void note_change(clock::time_point node::* since) noexcept {
        if (rare_ && rare_->shown)
            (*rare_->shown).*since = rare_->shown->now();
    }
};

} // namespace streamx::detail
