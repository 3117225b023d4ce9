#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/coarse_clock.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What came of a put, or of a wait for subscribers. `queued`: it waits, and will be woken.
enum class put_result { accepted, queued, closed, no_subscribers };

/// What came of a subscriber's wait.
enum class wait_result { ready, queued, busy };

/// The state that a broadcast shares with its subscribers: one ring of items, a cursor for each
/// subscriber, and the puts that wait.
///
/// A put looks at no subscriber but those that are parked and, now and then, those that may have too
/// much before them. It is allowed when every lockstep subscriber asks (`unready_` counts those
/// that do not) and the tail has not come to `easy_until_`, up to which nobody can be full. An item
/// lies in its slot until the last of its takers has it, who moves it out.
template <class T>
class broadcast_core {
public:
    using subscriber_type = subscriber<T>;
    using subscriber_ptr = boost::intrusive_ptr<subscriber_type>;
    using put_type = put_waiter<T>;
    using put_ptr = boost::intrusive_ptr<put_type>;
    using hook = std::function<void(T&&)>;

    broadcast_core(
        asio::any_io_executor ex,
        streamx::no_subscribers none,
        std::size_t retained,
        hook on_undelivered)
        : executor_(std::move(ex)), on_undelivered_(std::move(on_undelivered)), none_(none),
          retained_(retained) {
        need(std::max(retained, none.room()));
    }

    // --- puts ------------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched.
    put_result try_put(T& item) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        return put(item, later);
    }

    /// Puts what `fn` makes of a copy of the last item, if it says that it has changed it. Retained
    /// items are looked at, so there has to be one.
    template <class Fn>
    put_result update(Fn& fn) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        T item(std::as_const(*at(tail_ - 1).item));
        return fn(item) ? put(item, later) : put_result::queued;
    }

    /// A copy of the last item. Precondition: it is retained.
    T latest() const {
        std::lock_guard lock(mutex_);
        return *at(tail_ - 1).item;
    }

    /// Takes `item`, or has a waiter wait with it: `item` itself if it is lent, moved if not.
    put_result put_or_queue(T& item, bool lent, put_ptr& w) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        const auto result = put(item, later);
        if (result != put_result::queued)
            return result;
        w.reset(new put_type(broadcast_ptr<T>(this)));
        w->item = lent ? &item : &w->held.emplace(std::move(item));
        w->since = coarse_now();
        ++times_blocked_;
        puts_.push_back(w);
        ++puts_waiting_;
        return put_result::queued;
    }

    /// Queues a waiter until there are `n` subscribers, unless there are.
    put_result queue_for_subscribers(std::size_t n, put_ptr& w) {
        std::lock_guard lock(mutex_);
        if (active_ >= n)
            return put_result::accepted;
        if (closed_)
            return put_result::closed;
        w.reset(new put_type(broadcast_ptr<T>(this)));
        w->subscribers = n;
        watchers_.push_back(w);
        return put_result::queued;
    }

    /// Takes `w` out of its queue; false if it was woken already.
    bool cancel(put_type& w) {
        put_ptr removed;
        std::lock_guard lock(mutex_);
        if (!w.queued)
            return false;
        removed = w.subscribers ? watchers_.remove(w) : remove_put(w);
        return true;
    }

    /// Refuses more; what there is can still be taken. The first close counts.
    void close(std::exception_ptr failure = nullptr) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (closed_)
            return;
        closed_ = true;
        failure_ = std::move(failure);
        fail_puts(errc::closed, later);
        while (auto* w = watchers_.front())
            later.puts.add(watchers_.remove(*w), errc::closed);
        wake_parked(later);
    }

    /// Has `t` woken when all subscribers have taken what there is, or left; false if that is so.
    /// Precondition: it is closed.
    bool queue_for_drain(const std::shared_ptr<timer>& t) {
        std::lock_guard lock(mutex_);
        behind_ = count_behind();
        if (behind_ == 0)
            return false;
        std::erase_if(drains_, [](const auto& old) { return old.expired(); });
        drains_.push_back(t);
        return true;
    }

    bool is_drained() const {
        std::lock_guard lock(mutex_);
        return count_behind() == 0;
    }

    // --- subscribers -----------------------------------------------------------------------------

    /// Adds a subscriber that gets all items from now on, after up to `replay` that are retained and
    /// those that were kept for the first.
    void join(subscriber_type& s, std::size_t replay) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        need(s.capacity);
        if (!closed_) {
            s.index = peers_of(s).size();
            peers_of(s).push_back(&s);
        }
        const auto kept = active_ == 0 ? unclaimed() : 0;
        const auto retained = std::min<std::uint64_t>({replay, retained_, tail_});
        s.cursor = tail_ - std::max(kept, retained);
        if (s.care == attention::copied) { // it has copies of its own, and the rest is not for it
            for (; s.cursor != tail_; ++s.cursor) {
                copy(s, *at(s.cursor).item, later);
                if (tail_ - s.cursor <= kept)
                    let_go(s.cursor);
            }
        } else {
            // What was kept has a taker already, who is `s` now.
            for (auto position = s.cursor; position != tail_ - kept; ++position)
                ++at(position).takers;
        }
        unclaimed_from_ = tail_;
        if (closed_)
            return; // it finds what is left, and is not waited for
        s.here = true;
        ++active_;
        if (s.care == attention::lockstep)
            ++unready_;
        if (s.care == attention::limited)
            easy_until_ = std::min(easy_until_, full_at(s));
        for (auto* w = watchers_.front(); w;) {
            auto* next = w->next;
            if (w->subscribers <= active_)
                later.puts.add(watchers_.remove(*w));
            w = next;
        }
        admit(later);
    }

    /// Takes a subscriber away, with what it has not taken; puts that waited for it go on.
    void leave(subscriber_type& s) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (s.queued)
            later.subscribers.add(unpark(s), asio::error::operation_aborted);
        if (has_item(s)) {
            undelivered_ += skip_all(s, later);
            tell_drained(s, later);
        }
        remove(s, later);
        s.failed = true;
        admit(later);
    }

    poll<T> try_next(subscriber_type& s) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (!has_item(s) && s.care == attention::lockstep && !puts_.empty() && !s.queued)
            ask_once(later);
        if (has_item(s))
            return take(s, later);
        if (s.here && !closed_)
            return pending;
        if (!std::exchange(s.failed, true)) {
            if (s.gone && s.policy == overflow::fail)
                std::rethrow_exception(make_failure(errc::full, "subscription"));
            if (failure_ && !s.gone)
                std::rethrow_exception(failure_);
        }
        return end;
    }

    /// Has the last item be there for `s` again. Precondition: it is retained.
    void rewind(subscriber_type& s) noexcept {
        std::lock_guard lock(mutex_);
        if (!has_item(s))
            ++at(--s.cursor).takers;
    }

    bool has_item_for(const subscriber_type& s) const {
        std::lock_guard lock(mutex_);
        return has_item(s);
    }

    /// Queues `s` until there is something to take, an end or a failure, unless there is now.
    wait_result wait(subscriber_type& s) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (s.queued)
            return wait_result::busy;
        if (closed_ || !s.here || has_item(s))
            return wait_result::ready;
        parked_.push_back(subscriber_ptr(&s));
        if (s.care == attention::lockstep) {
            --unready_;
            admit(later);
        }
        return wait_result::queued;
    }

    /// Gives a wait up; false if it was woken already.
    bool cancel(subscriber_type& s) {
        subscriber_ptr removed;
        std::lock_guard lock(mutex_);
        if (!s.queued)
            return false;
        removed = unpark(s);
        return true;
    }

    // --- all -------------------------------------------------------------------------------------

    /// What nobody gets of what was given to a put.
    void undelivered(T&& item) noexcept { tell(on_undelivered_, std::move(item)); }

    bool is_open() const {
        std::lock_guard lock(mutex_);
        return !closed_;
    }

    std::size_t subscriber_count() const {
        std::lock_guard lock(mutex_);
        return active_;
    }

    broadcast_stats stats() const {
        std::lock_guard lock(mutex_);
        broadcast_stats s;
        s.put = tail_ + discarded_unseen_;
        s.delivered = delivered_;
        s.dropped = dropped_;
        s.undelivered = undelivered_;
        s.discarded = discarded_;
        s.subscribers = active_;
        s.puts_waiting = puts_waiting_;
        s.times_blocked = times_blocked_;
        s.blocked_for = blocked_for_;
        for (auto* w = puts_.front(); w; w = w->next)
            s.blocked_for += coarse_now() - w->since;
        for (const auto* lossy : peers_[static_cast<int>(attention::lossy)])
            s.dropped += lost(*lossy);
        if (const auto* slow = slowest(); slow && !puts_.empty()) {
            s.held_back = true;
            s.held_back_by = slow->rare ? slow->rare->name : std::string();
            s.held_for = coarse_now() - puts_.front()->since;
        }
        return s;
    }

    subscription_stats stats(const subscriber_type& s) const {
        std::lock_guard lock(mutex_);
        subscription_stats result;
        if (s.rare)
            result.name = s.rare->name;
        result.delivered = s.delivered;
        result.missed = s.missed + lost(s);
        result.lag = s.care == attention::copied ? (s.rare ? s.rare->copies.size() : 0)
                                                 : tail_of(s) - s.cursor - lost(s);
        return result;
    }

    const asio::any_io_executor& executor() const noexcept { return executor_; }

    /// Counts puts that did not suspend; true now and then, when one should let others run.
    bool spent(unsigned limit) noexcept {
        return run_.fetch_add(1, std::memory_order_relaxed) % limit == limit - 1;
    }

    friend void intrusive_ptr_add_ref(broadcast_core* core) noexcept { ++core->holders_; }
    friend void intrusive_ptr_release(broadcast_core* core) noexcept {
        if (--core->holders_ == 0)
            delete core;
    }

private:
    struct slot {
        std::optional<T> item;
        std::uint32_t takers = 0; ///< who have not taken it yet
    };

    /// An item on its way to a hook: a subscriber's, or the broadcast's own.
    struct lost_item {
        subscriber_ptr whose;
        T item;
    };

    /// What is done once the lock is let go: declare it before that.
    struct afterwards {
        explicit afterwards(broadcast_core& c) noexcept : core(c) {}
        afterwards(const afterwards&) = delete;
        afterwards& operator=(const afterwards&) = delete;
        ~afterwards() {
            for (auto& [whose, item] : lost)
                core.tell(
                    whose ? whose->rare->on_undelivered : core.on_undelivered_, std::move(item));
            for (const auto& t : drained)
                if (const auto alive = t.lock())
                    alive->wake();
        }

        broadcast_core& core;
        std::vector<lost_item> lost;
        std::vector<std::weak_ptr<timer>> drained;
        wake_list<subscriber_type> subscribers;
        wake_list<put_type> puts;
    };

    static void tell(const hook& fn, T&& item) noexcept {
        if (!fn)
            return;
        try {
            fn(std::move(item));
        } catch (...) { // nobody is there to tell: who caused it may be a destructor
            log(log_level::error, "on_undelivered threw; its item is lost");
        }
    }

    // --- the ring --------------------------------------------------------------------------------

    /// That many items, and one more, may have to be in the ring.
    void need(std::size_t items) noexcept {
        needed_ =
            std::max(needed_, items == std::numeric_limits<std::size_t>::max() ? items : items + 1);
    }

    slot& at(std::uint64_t position) const noexcept { return slots_[position & (slot_count_ - 1)]; }

    /// The slot of an item, if it has not been written over.
    slot* find(std::uint64_t position) noexcept {
        return tail_ - position <= slot_count_ ? &at(position) : nullptr;
    }

    bool is_retained(std::uint64_t position) const noexcept {
        return tail_ - position <= retained_;
    }

    /// The slot for the next item. An item that is still in it is one that lossy subscribers are too
    /// late for: the ring grows before it writes over another.
    slot& next_slot() {
        if (slot_count_ == 0 || (slot_count_ < needed_ && at(tail_).item))
            grow();
        slot& s = at(tail_);
        s.item.reset();
        s.takers = 0;
        return s;
    }

    void grow() {
        const auto count = std::max<std::size_t>(slot_count_ * 2, 2);
        auto bigger = std::make_unique<slot[]>(count);
        for (auto p = tail_ - std::min<std::uint64_t>(tail_, slot_count_); p != tail_; ++p) {
            slot& from = at(p);
            slot& to = bigger[p & (count - 1)];
            if (from.item)
                to.item.emplace(std::move_if_noexcept(*from.item));
            to.takers = from.takers;
        }
        slots_ = std::move(bigger);
        slot_count_ = count;
    }

    /// One taker less for an item: the last one lets go of it.
    void let_go(std::uint64_t position) noexcept {
        slot* s = find(position);
        if (s && s->takers != 0 && --s->takers == 0 && !is_retained(position))
            s->item.reset();
    }

    // --- putting ---------------------------------------------------------------------------------

    /// The items that are kept for the first subscriber, and count it as their taker.
    std::uint64_t unclaimed() const noexcept { return none_.room() ? tail_ - unclaimed_from_ : 0; }

    put_result put(T& item, afterwards& later) {
        if (closed_)
            return put_result::closed;
        if (active_ == 0 && none_ == streamx::no_subscribers::fail)
            return put_result::no_subscribers;
        if (!puts_.empty() || !may_put())
            return put_result::queued;
        accept(item, later);
        return put_result::accepted;
    }

    bool may_put() noexcept {
        if (active_ == 0)
            return none_ == streamx::no_subscribers::discard || unclaimed() < none_.room();
        return unready_ == 0 && (tail_ < easy_until_ || nobody_is_full());
    }

    /// Where the tail is when a subscriber has all before it that it may.
    static std::uint64_t full_at(const subscriber_type& s) noexcept {
        return s.capacity > std::numeric_limits<std::uint64_t>::max() - s.cursor
                   ? std::numeric_limits<std::uint64_t>::max()
                   : s.cursor + s.capacity;
    }

    bool is_full(const subscriber_type& s) const noexcept { return tail_ - s.cursor >= s.capacity; }

    /// Looks for a subscriber that is to be waited for, and how far there will be none.
    bool nobody_is_full() noexcept {
        easy_until_ = std::numeric_limits<std::uint64_t>::max();
        for (auto* s : peers_[static_cast<int>(attention::limited)]) {
            easy_until_ = std::min(easy_until_, full_at(*s));
            if (s->policy == overflow::wait && is_full(*s)) {
                blocker_ = s;
                return false;
            }
        }
        blocker_ = nullptr;
        return true;
    }

    /// Precondition: it may be put. If this throws nothing has happened.
    void accept(T& item, afterwards& later) {
        const bool discarded = active_ == 0 && none_ == streamx::no_subscribers::discard;
        if (discarded && retained_ == 0) {
            if (on_undelivered_)
                later.lost.push_back({nullptr, std::move(item)});
            ++discarded_;
            ++discarded_unseen_;
            return;
        }
        slot& to = next_slot();
        to.item.emplace(std::move(item));
        if (easy_until_ <= tail_)
            overrun(*to.item, later);
        for (auto* s : peers_[static_cast<int>(attention::copied)])
            copy(*s, std::as_const(*to.item), later);
        to.takers = active_ == 0 ? none_.room() != 0 : in_ring();
        discarded_ += discarded;
        ++tail_;
        if (retained_ != 0 && tail_ > retained_)
            forget(tail_ - retained_ - 1);
        else if (retained_ == 0 && to.takers == 0)
            to.item.reset();
        if (active_ != 0)
            unclaimed_from_ = tail_;
        wake_parked(later);
    }

    /// What has just ceased to be retained goes, unless somebody is still to take it.
    void forget(std::uint64_t position) noexcept {
        if (slot* s = find(position); s && s->takers == 0)
            s->item.reset();
    }

    std::uint32_t in_ring() const noexcept {
        return static_cast<std::uint32_t>(
            active_ - peers_[static_cast<int>(attention::copied)].size());
    }

    /// Applies the policies of those that have all before them that they may, and are not waited
    /// for.
    void overrun(const T& item, afterwards& later) noexcept {
        auto& limited = peers_[static_cast<int>(attention::limited)];
        for (std::size_t i = limited.size(); i-- != 0;) { // who is cut off is replaced by the last
            subscriber_type& s = *limited[i];
            if (!is_full(s))
                continue;
            if (s.policy == overflow::drop_oldest) {
                while (is_full(s))
                    drop_oldest(s, later);
                continue;
            }
            cut_off(s, item, later);
        }
    }

    void drop_oldest(subscriber_type& s, afterwards& later) noexcept {
        keep_lost(s, *at(s.cursor).item, later);
        let_go(s.cursor++);
        ++s.missed;
        ++dropped_;
    }

    /// `fail` and `disconnect`: it misses what it has not taken, and the item that was too much.
    void cut_off(subscriber_type& s, const T& item, afterwards& later) noexcept {
        const auto had = skip_all(s, later) + 1;
        keep_lost(s, item, later);
        s.missed += had;
        dropped_ += had;
        if (s.queued)
            later.subscribers.add(unpark(s));
        remove(s, later);
    }

    /// Gives the newest item to a subscriber that has its own copies, if it has room.
    void copy(subscriber_type& s, const T& item, afterwards& later) noexcept {
        try {
            if (s.rare_part().copies.size() < s.capacity)
                return s.rare->copies.push_back(item);
        } catch (...) { // the others are not to suffer for it
            log(log_level::error, "a subscriber misses an item: copying it threw");
        }
        ++s.missed;
        ++dropped_;
        keep_lost(s, item, later);
    }

    /// Has a copy of an item handed to the hook of a subscriber that does not get it.
    static void keep_lost(subscriber_type& s, const T& item, afterwards& later) noexcept {
        if (!s.has_hook())
            return;
        try {
            later.lost.push_back({subscriber_ptr(&s), item});
        } catch (...) {
            log(log_level::error, "an undelivered item is lost: copying it threw");
        }
    }

    void wake_parked(afterwards& later) noexcept {
        while (auto* s = parked_.front())
            later.subscribers.add(unpark(*s));
    }

    /// Lets puts that wait go on, first come first served.
    void admit(afterwards& later) noexcept {
        if (puts_.empty())
            return;
        if (active_ == 0 && none_ == streamx::no_subscribers::fail)
            return fail_puts(errc::no_subscribers, later);
        while (!puts_.empty() && may_put())
            admit_first(later);
    }

    void admit_first(afterwards& later) noexcept {
        auto w = remove_put(*puts_.front());
        error_code result;
        try {
            accept(*w->item, later);
            w->accepted = true;
        } catch (...) { // moving the item threw, or there is no memory: that put's failure
            result = to_error_code(std::current_exception());
        }
        later.puts.add(std::move(w), result);
    }

    put_ptr remove_put(put_type& w) noexcept {
        --puts_waiting_;
        blocked_for_ += coarse_now() - w.since;
        return puts_.remove(w);
    }

    void fail_puts(error_code ec, afterwards& later) noexcept {
        while (auto* w = puts_.front())
            later.puts.add(remove_put(*w), ec);
    }

    // --- taking ----------------------------------------------------------------------------------

    /// Where a subscriber's items end. One that is gone has none.
    std::uint64_t tail_of(const subscriber_type& s) const noexcept {
        return s.gone ? s.cursor : tail_;
    }

    /// How many of a lossy subscriber's items it is too late for.
    std::uint64_t lost(const subscriber_type& s) const noexcept {
        const auto behind = tail_of(s) - s.cursor;
        return s.care == attention::lossy && behind > s.capacity ? behind - s.capacity : 0;
    }

    /// A lossy subscriber goes on with the oldest item that it may still have.
    void catch_up(subscriber_type& s) noexcept {
        const auto late = lost(s);
        if (late == 0)
            return;
        const auto to = s.cursor + late;
        const auto in_ring = tail_ - std::min<std::uint64_t>(tail_, slot_count_);
        for (auto p = std::max(s.cursor, in_ring); p < to; ++p)
            let_go(p);
        s.cursor = to;
        s.missed += late;
        dropped_ += late;
    }

    bool has_item(const subscriber_type& s) const noexcept {
        if (s.care == attention::copied)
            return s.rare && !s.rare->copies.empty();
        return tail_of(s) != s.cursor;
    }

    /// Precondition: it has an item. Copies it, or moves it out if nobody else is to have it.
    poll<T> take(subscriber_type& s, afterwards& later) {
        if (s.care == attention::copied) {
            auto& copies = s.rare->copies;
            poll<T> item(std::move(copies.front()));
            copies.pop_front();
            taken(s, later);
            return item;
        }
        catch_up(s);
        slot& from = at(s.cursor);
        auto item = from.takers == 1 && !is_retained(s.cursor) ? poll<T>(std::move(*from.item))
                                                               : poll<T>(std::as_const(*from.item));
        let_go(s.cursor++);
        taken(s, later);
        if (&s == blocker_)
            admit(later);
        return item;
    }

    void taken(subscriber_type& s, afterwards& later) noexcept {
        ++s.delivered;
        ++delivered_;
        if (closed_ && !has_item(s)) [[unlikely]]
            tell_drained(s, later);
    }

    std::size_t count_behind() const noexcept {
        std::size_t count = 0;
        for (const auto& peers : peers_)
            for (const auto* s : peers)
                count += has_item(*s);
        return count;
    }

    /// A subscriber has nothing before it any more.
    void tell_drained(const subscriber_type& s, afterwards& later) noexcept {
        if (s.here && !drains_.empty() && --behind_ == 0)
            later.drained.swap(drains_);
    }

    /// A lockstep subscriber that tries, and does not wait, asks for as long as that.
    void ask_once(afterwards& later) noexcept {
        --unready_;
        if (may_put())
            admit_first(later);
        ++unready_;
    }

    subscriber_ptr unpark(subscriber_type& s) noexcept {
        if (s.care == attention::lockstep && s.here)
            ++unready_;
        return parked_.remove(s);
    }

    // --- coming and going ------------------------------------------------------------------------

    std::vector<subscriber_type*>& peers_of(const subscriber_type& s) noexcept {
        return peers_[static_cast<int>(s.care)];
    }

    /// Passes over all that a subscriber has before it; how many that was.
    std::uint64_t skip_all(subscriber_type& s, afterwards& later) noexcept {
        if (s.care == attention::copied) {
            if (!s.rare)
                return 0;
            const auto had = s.rare->copies.size();
            for (auto& item : s.rare->copies)
                keep_lost(s, item, later);
            s.rare->copies.clear();
            return had;
        }
        catch_up(s);
        const auto to = tail_of(s);
        const auto had = to - s.cursor;
        for (; s.cursor != to; ++s.cursor) {
            keep_lost(s, *at(s.cursor).item, later);
            let_go(s.cursor);
        }
        return had;
    }

    /// Precondition: it is not parked and has nothing before it.
    void remove(subscriber_type& s, afterwards& later) noexcept {
        s.gone = true;
        if (!std::exchange(s.here, false))
            return;
        auto& peers = peers_of(s);
        peers[s.index] = peers.back();
        peers[s.index]->index = s.index;
        peers.pop_back();
        if (s.care == attention::lockstep)
            --unready_;
        if (&s == blocker_)
            blocker_ = nullptr;
        if (--active_ == 0) {
            unclaimed_from_ = tail_;
            if (none_ == streamx::no_subscribers::fail)
                fail_puts(errc::no_subscribers, later);
        }
    }

    /// One that is waited for, if there is one.
    const subscriber_type* slowest() const noexcept {
        for (const auto* s : peers_[static_cast<int>(attention::lockstep)])
            if (!s->queued)
                return s;
        return blocker_ && is_full(*blocker_) ? blocker_ : nullptr;
    }

    mutable std::mutex mutex_;
    std::unique_ptr<slot[]> slots_;
    std::size_t slot_count_ = 0; // a power of 2
    std::size_t needed_ = 0;
    std::uint64_t tail_ = 0; // items accepted so far, but for those that nobody could ever see
    std::uint64_t easy_until_ = 0; // up to here no limited subscriber can be full
    std::size_t unready_ = 0;      // lockstep subscribers that do not ask
    std::size_t active_ = 0;
    subscriber_type* blocker_ = nullptr; // limited, full, and waited for
    waiter_list<subscriber_type> parked_;
    waiter_list<put_type> puts_;
    waiter_list<put_type> watchers_;                     // of the number of subscribers
    std::array<std::vector<subscriber_type*>, 4> peers_; // by attention
    std::vector<std::weak_ptr<timer>> drains_;           // who wait until all is taken
    std::size_t behind_ = 0; // subscribers who have not, if somebody waits for it
    std::exception_ptr failure_;
    asio::any_io_executor executor_;
    const hook on_undelivered_;
    const streamx::no_subscribers none_;
    const std::size_t retained_;
    std::uint64_t unclaimed_from_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t undelivered_ = 0;
    std::uint64_t discarded_ = 0;
    std::uint64_t discarded_unseen_ = 0;
    std::uint64_t times_blocked_ = 0;
    std::size_t puts_waiting_ = 0;
    std::chrono::nanoseconds blocked_for_{0};
    bool closed_ = false;
    std::atomic<std::uint32_t> holders_ = 0;
    std::atomic<unsigned> run_ = 0;
};

} // namespace streamx::detail
