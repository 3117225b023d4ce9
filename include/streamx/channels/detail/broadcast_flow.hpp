#pragma once

#include <streamx/channels/detail/broadcast_account.hpp>
#include <streamx/channels/detail/broadcast_afterwards.hpp>
#include <streamx/channels/detail/broadcast_items.hpp>
#include <streamx/channels/detail/broadcast_node.hpp>
#include <streamx/channels/detail/broadcast_peers.hpp>
#include <streamx/channels/detail/broadcast_puts.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/error.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What came of a put, or of a wait for subscribers. `queued`: it waits, and will be woken.
enum class put_result { accepted, queued, closed, no_subscribers, exceeds_budget, would_deadlock };

/// What happens in a broadcast: which put is accepted when, what each subscriber gets of it, and who
/// is woken. All of it under the broadcast's lock, which is not its business; whom it wakes, and what
/// it takes from somebody, it leaves for afterwards.
///
/// A put looks at no subscriber but those that are parked and, now and then, those that may have too
/// much before them. It is allowed when nobody is waited for. Up to `easy_until` it has nothing at
/// all to look at.
template <class T>
struct broadcast_flow {
    using afterwards = broadcast_afterwards<T>;
    using subscriber_type = subscriber<T>;
    using subscriber_ptr = boost::intrusive_ptr<subscriber_type>;
    using put_ptr = boost::intrusive_ptr<put_waiter<T>>;

    std::uint64_t easy_until = 0;  ///< up to here a put has nothing to look at but these
    std::uint32_t easy_takers = 0; ///< and so many will take each
    broadcast_items<T> items;
    broadcast_peers<T> peers;
    waiter_list<subscriber_type> parked;
    broadcast_puts<T> puts;
    waiter_list<put_waiter<T>> watchers;          ///< of the number of subscribers
    std::unique_ptr<broadcast_account<T>> budget; ///< from the start, or never
    std::shared_ptr<broadcast_node<T>> shown;
    std::vector<std::weak_ptr<timer>> drains; ///< who wait until all is taken
    std::size_t behind = 0; ///< subscribers who have not, if somebody waits for it
    std::exception_ptr failure;
    const std::shared_ptr<clock> time;
    const streamx::no_subscribers none;
    const bool tells_discarded; ///< to the broadcast's own hook
    bool closed = false;
    bool watching = false;            ///< patience is being timed
    std::uint64_t unclaimed_from = 0; ///< items since the last subscriber has left

    broadcast_flow(
        std::shared_ptr<clock> t,
        streamx::no_subscribers when_none,
        std::size_t retained,
        bool tells)
        : items(retained), time(std::move(t)), none(when_none), tells_discarded(tells) {
        items.ring.keep(std::max(retained, none.room()));
    }

    // --- putting ---------------------------------------------------------------------------------

    std::size_t weigh(const T& item) const { return budget ? budget->weigh(item) : 0; }

    [[gnu::always_inline]] put_result put(T& item, std::size_t weight, afterwards& later) {
        if (closed)
            return put_result::closed;
        if (budget && weight > budget->budget().limit())
            return put_result::exceeds_budget;
        if (fails_without_subscribers())
            return put_result::no_subscribers;
        if (!puts.empty() || !may_put() || !afford(weight, later))
            return put_result::queued;
        try {
            accept(item, weight, later);
        } catch (...) {
            if (budget)
                budget->give_up();
            throw;
        }
        return put_result::accepted;
    }

    void queue(put_ptr w, afterwards& later) {
        if (budget && puts.empty() && may_put())
            budget->wait_for(w->weight);
        puts.push_back(std::move(w), held_at());
        easy_until = 0;
        time_patience(later);
    }

    /// Whether it can be told at a glance that a put has to wait.
    bool must_wait() const noexcept { return !puts.empty() || peers.unready() != 0; }

    [[gnu::always_inline]] bool may_put() noexcept {
        if (peers.active() == 0)
            return none == streamx::no_subscribers::discard || unclaimed() < none.room();
        return peers.let_pass(items.tail());
    }

    /// Lets puts that wait go on, first come first served.
    void admit(afterwards& later) noexcept {
        if (budget) [[unlikely]]
            budget->settle(items, later);
        if (puts.empty())
            return budget ? budget->give_up() : void();
        if (fails_without_subscribers())
            return fail_puts(errc::no_subscribers, later);
        while (!puts.empty() && may_put() && afford_first(later))
            admit_first(later);
        if (budget && (puts.empty() || !may_put()))
            budget->give_up();
        time_patience(later);
    }

    put_ptr remove_put(put_waiter<T>& w, afterwards& later) noexcept {
        const auto now = held_at();
        auto removed = puts.remove(w, now);
        if (puts.empty()) {
            if (shown)
                shown->running_since = now;
            if (watching)
                later.patience() = patience_change::look_again;
        }
        return removed;
    }

    void close(std::exception_ptr why, afterwards& later) {
        closed = true;
        easy_until = 0;
        failure = std::move(why);
        fail_puts(errc::closed, later);
        while (auto* w = watchers.front())
            later.puts.add(watchers.remove(*w), errc::closed);
        if (budget) {
            budget->give_up();
            budget->settle(items, later);
        }
        wake_parked(later);
    }

    // --- taking ----------------------------------------------------------------------------------

    /// Whether more may come of a try than that it takes an item or finds none: to take one lets
    /// puts go on, or, in lockstep, to ask does. (Copies are no matter of the ring.)
    bool may_admit(const subscriber_type& s, bool has_item) const noexcept {
        if (s.care == attention::copied || budget)
            return true;
        return !puts.empty() &&
               (s.care != attention::lockstep || (!has_item && peers.unready() <= 1));
    }

    /// Precondition: it has an item in the ring.
    [[gnu::always_inline]] poll<T> take(subscriber_type& s) {
        auto item = items.take(s);
        s.took_last = s.position() == items.tail() && !may_admit(s, false);
        return item;
    }

    /// A lockstep subscriber that tries, and does not wait, asks for as long as that.
    void ask_once(const subscriber_type& s, afterwards& later) noexcept {
        peers.asks(s);
        if (may_put() && afford_first(later))
            admit_first(later);
        peers.asks_no_more(s);
        time_patience(later); // who was woken may hold back the next
    }

    /// Whether what is put is for nobody but this one, and nobody looks on. Precondition: it has nothing
    /// before it.
    bool is_alone(const subscriber_type& s) const noexcept {
        return s.care == attention::lockstep && peers.active() == 1 && items.ring.retained() == 0 &&
               !budget && !shown && !watching;
    }

    /// One who is alone gets what the first put waits with, from hand to hand; or that put fails, as
    /// moving it threw.
    poll<T> hand_over(subscriber_type& s, wake_list<put_waiter<T>>& later) noexcept {
        auto& giver = *puts.front();
        later.add(puts.remove(giver, held_at()));
        s.took_last = puts.empty();
        giver.accepted = true;
        try {
            return items.hand(s, *giver.item);
        } catch (...) {
            giver.accepted = false;
            giver.result = to_error_code(std::current_exception());
            return pending;
        }
    }

    /// It has taken something: puts that waited for that go on.
    void taken(subscriber_type& s, afterwards& later) noexcept {
        if (closed && !items.has_item(s))
            tell_drained(s, later);
        if (peers.is_blocker(s) || budget)
            admit(later);
    }

    void park(subscriber_type& s) noexcept {
        parked.push_back(subscriber_ptr(&s));
        note_change(s);
        easy_until = 0;
        peers.asks(s);
    }

    subscriber_ptr unpark(subscriber_type& s) noexcept {
        if (s.here)
            peers.asks_no_more(s);
        note_change(s);
        return parked.remove(s);
    }

    /// Precondition: nobody can come any more.
    template <class Fn>
    void each_unclaimed(Fn fn) {
        for (auto position = items.tail() - unclaimed(); position != items.tail(); ++position)
            fn(*items.ring.at(position).item);
    }

    std::size_t count_behind() const noexcept {
        std::size_t count = 0;
        for (const auto& list : peers.lists())
            for (const auto* s : list)
                count += items.is_behind(*s);
        return count;
    }

    // --- coming and going ------------------------------------------------------------------------

    /// It begins with up to `replay` of the items that are retained and those that were kept for the
    /// first to come; when the broadcast is closed it finds what is left, and is not waited for.
    void join(subscriber_type& s, std::size_t replay, afterwards& later) {
        items.ring.need(s.capacity);
        s.care = weighed(s.care);
        if (!closed)
            peers.enlist(s);
        const auto tail = items.tail();
        const auto kept = peers.active() == 0 ? unclaimed() : 0;
        const auto from =
            tail -
            std::max(kept, std::min<std::uint64_t>(replay, tail - items.ring.retained_from()));
        for (auto position = from; position != tail - kept; ++position)
            items.ring.hold(position); // what was kept has a taker already, who is `s` now
        unclaimed_from = tail;
        items.move_to(s, from);
        if (s.care == attention::copied)
            items.copy_all(s, later);
        if (closed)
            return;
        peers.welcome(s);
        easy_until = 0;
        if (s.has_patience()) {
            s.rare->waited_for_since = time->now();
            if (watching) // its patience may be the first to end
                later.patience() = patience_change::look_again;
        }
        for (auto* w = watchers.front(); w;) {
            auto* next = w->next;
            if (w->subscribers <= peers.active())
                later.puts.add(watchers.remove(*w));
            w = next;
        }
        admit(later);
    }

    /// It goes, with what it has not taken; puts that waited for it go on.
    void leave(subscriber_type& s, afterwards& later) noexcept {
        if (s.queued)
            later.subscribers.add(unpark(s), asio::error::operation_aborted);
        const bool was_behind = items.is_behind(s);
        items.count(s); // in the middle of a batch
        if (items.has_item(s))
            items.undelivered += items.skip_all(s, later);
        if (was_behind)
            tell_drained(s, later);
        remove(s, later);
        s.failed = true;
        admit(later);
    }

    /// Nobody waits for it any more: from now on it has its second policy.
    void fall_back(subscriber_type& s, afterwards& later) {
        const auto then = s.rare->then;
        if (then == overflow::fail || then == overflow::disconnect) {
            s.policy = then;
            return cut_off(s, *puts.front()->item, later);
        }
        const auto capacity = std::max<std::size_t>(s.capacity, 1);
        peers.change(s, then, capacity, weighed(s.care_for(then, capacity)));
        easy_until = 0;
        items.ring.need(s.capacity);
        if (s.care == attention::copied)
            items.copy_all(s, later);
    }

    // --- patience --------------------------------------------------------------------------------

    clock::time_point patience_ends() const noexcept {
        return peers.patience_ends(items.tail(), puts.held_since());
    }

    /// What time it is for a put that begins or ceases to wait: roughly, unless there is patience to
    /// be timed.
    clock::time_point held_at() const noexcept {
        return peers.has_patient() ? time->now() : time->roughly();
    }

    /// A put has come to wait, or another is the first now.
    void time_patience(afterwards& later) const noexcept {
        if (peers.has_patient() && !watching && !puts.empty())
            later.patience() = patience_change::start;
    }

    /// Patience with somebody may be over.
    void look_at_patience(afterwards& later) {
        if (puts.empty())
            return;
        const auto now = time->now();
        for (const auto care : {attention::lockstep, attention::limited})
            for (auto i = peers.with(care).size(); i-- != 0;) { // who goes is replaced by the last
                auto& s = *peers.with(care)[i];
                if (peers.patience_ends(s, items.tail(), puts.held_since()) <= now)
                    fall_back(s, later);
            }
        time_patience(later);
        admit(later);
    }

private:
    bool fails_without_subscribers() const noexcept {
        return peers.active() == 0 && none == streamx::no_subscribers::fail;
    }

    /// The items that are kept for the first subscriber, and count it as their taker.
    std::uint64_t unclaimed() const noexcept {
        return none.room() ? items.tail() - unclaimed_from : 0;
    }

    /// With a budget nobody is lossy: what such a one is too late for would keep its weight.
    attention weighed(attention care) const noexcept {
        return budget && care == attention::lossy ? attention::limited : care;
    }

    bool afford(std::size_t weight, afterwards& later) {
        return !budget || budget->afford(weight, items, peers, later);
    }

    /// Precondition: a put waits. If there is no room for it, it waits for its turn.
    bool afford_first(afterwards& later) {
        const auto weight = puts.front()->weight;
        if (afford(weight, later))
            return true;
        budget->wait_for(weight);
        return false;
    }

    /// Precondition: it may be put. If this throws nothing has happened.
    void accept(T& item, std::size_t weight, afterwards& later) {
        if (budget || items.ring.retained() != 0 || !peers.only_lockstep())
            return accept_with_care(item, weight, later);
        items.ring.next();
        items.ring.push(item, peers.in_lockstep());
        wake_parked(later);
    }

    [[gnu::noinline]] void accept_with_care(T& item, std::size_t weight, afterwards& later) {
        auto& ring = items.ring;
        const bool discarded = peers.active() == 0 && none == streamx::no_subscribers::discard;
        if (discarded && ring.retained() == 0)
            return discard(item, later);
        auto& to = ring.next().item.emplace(std::move(item));
        if (budget)
            budget->add_next(weight, items, later);
        if (peers.roomy_until() <= ring.tail())
            overrun(to, later);
        for (auto* s : peers.with(attention::copied))
            items.copy(*s, std::as_const(to), later);
        ring.push(peers.active() == 0 ? none.room() != 0 : peers.in_ring());
        if (budget)
            budget->settle(items, later); // nobody may be left to take it
        items.discarded += discarded;
        wake_parked(later);
        easy_until = 0;
        if (peers.with(attention::lockstep).empty())
            ease();
    }

    /// Makes the next puts easy ones, if they can be.
    void ease() noexcept {
        const auto& ring = items.ring;
        // As long as nobody comes, goes, waits or is full, the next items need only be put behind
        // this one, up to the end of the chunk.
        if (budget || peers.active() == 0 || !puts.empty() || ring.retained() != 0 ||
            !peers.with(attention::copied).empty())
            return;
        easy_until = std::min(peers.roomy_until(), ring.chunk_end(ring.tail() - 1));
        easy_takers = peers.in_ring();
    }

    void discard(T& item, afterwards& later) {
        if (tells_discarded)
            later.discard(std::move(item));
        ++items.discarded;
        ++items.passed_by;
        if (budget)
            budget->give_up();
    }

    /// Applies the policies of those that have all before them that they may, and are not waited
    /// for.
    void overrun(const T& item, afterwards& later) noexcept {
        while (auto* s = peers.first_overrun(items.tail())) {
            if (s->policy != overflow::drop_oldest)
                cut_off(*s, item, later);
            else
                while (s->is_full(items.tail()))
                    items.drop_oldest(*s, later);
        }
    }

    /// `fail` and `disconnect`.
    void cut_off(subscriber_type& s, const T& item, afterwards& later) noexcept {
        items.drop_all(s, item, later);
        if (s.queued)
            later.subscribers.add(unpark(s));
        remove(s, later);
    }

    /// Precondition: it is not parked and has nothing before it.
    void remove(subscriber_type& s, afterwards& later) noexcept {
        s.gone = true;
        if (!s.here)
            return;
        easy_until = 0;
        if (peers.dismiss(s))
            return;
        unclaimed_from = items.tail();
        if (none == streamx::no_subscribers::fail)
            fail_puts(errc::no_subscribers, later);
    }

    void wake_parked(afterwards& later) noexcept {
        for (auto* s = parked.front(); s; s = s->next) {
            if (s->here)
                peers.asks_no_more(*s);
            note_change(*s);
        }
        later.subscribers.add_all(parked);
    }

    void admit_first(afterwards& later) noexcept {
        auto w = remove_put(*puts.front(), later);
        error_code result;
        try {
            accept(*w->item, w->weight, later);
            w->accepted = true;
        } catch (...) { // moving the item threw, or there is no memory: that put's failure
            result = to_error_code(std::current_exception());
        }
        later.puts.add(std::move(w), result);
    }

    void fail_puts(error_code ec, afterwards& later) noexcept {
        while (auto* w = puts.front())
            later.puts.add(remove_put(*w, later), ec);
    }

    /// A subscriber has nothing before it any more.
    void tell_drained(const subscriber_type& s, afterwards& later) noexcept {
        if (s.here && !drains.empty() && --behind == 0)
            later.drained().swap(drains);
    }

    /// A subscriber begins to wait, or to run.
    void note_change(subscriber_type& s) noexcept {
        if (shown && s.rare) [[unlikely]]
            s.rare->since = time->now();
    }
};

} // namespace streamx::detail
