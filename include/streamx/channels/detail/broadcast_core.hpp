#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_account.hpp>
#include <streamx/channels/detail/broadcast_afterwards.hpp>
#include <streamx/channels/detail/broadcast_flow.hpp>
#include <streamx/channels/detail/broadcast_node.hpp>
#include <streamx/channels/detail/broadcast_ring.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/broadcast_view.hpp>
#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/one_thread.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace streamx::detail {

/// What came of a subscriber's wait.
enum class wait_result { ready, queued, busy };

/// The state that a broadcast shares with its subscribers, and its lock: what happens in it is the
/// `flow`, and what others are to hear of that they hear once the lock is let go.
template <class T>
class broadcast_core {
public:
    using subscriber_type = subscriber<T>;
    using put_type = put_waiter<T>;
    using put_ptr = boost::intrusive_ptr<put_type>;
    using hook = std::function<void(T&&)>;
    using weigher = std::function<std::size_t(const T&)>;
    using held_lock = light_mutex::held;

    broadcast_core(
        asio::any_io_executor ex,
        streamx::no_subscribers none,
        std::size_t retained,
        hook on_undelivered)
        : flow_(
              clock::of(asio::query(ex, asio::execution::context)),
              none,
              retained,
              on_undelivered != nullptr),
          executor_(std::move(ex)), on_undelivered_(std::move(on_undelivered)) {}
    ~broadcast_core() {
        if (flow_.shown)
            flow_.shown->finish();
        flow_.each_unclaimed([this](T& item) { undelivered(std::move(item)); });
    }

    /// Its items count against a budget. Called before it is used.
    void share(std::shared_ptr<budget_state> in, weigher w) {
        flow_.budget = std::make_unique<broadcast_account<T>>(std::move(in), *this, std::move(w));
    }

    /// It is seen under this name by `dump_graph`.
    void show(std::string name) {
        auto& context = asio::query(executor_, asio::execution::context);
        flow_.shown = std::make_shared<broadcast_node<T>>(context, *this, std::move(name));
        graph_node::show(context, flow_.shown);
    }

    // --- puts ------------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched.
    put_result try_put(T& item) {
        held_lock lock(mutex_);
        if (flow_.items.tail() < flow_.easy_until) [[likely]] {
            flow_.items.ring.push(item, flow_.easy_takers);
            return put_result::accepted;
        }
        return flow_.must_wait() ? put_result::queued : try_put_with_care(item, std::move(lock));
    }

    /// Puts what `fn` makes of a copy of the last item, if it says that it has changed it. Retained
    /// items are looked at, so there has to be one.
    template <class Fn>
    put_result update(Fn& fn) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        T item(last());
        return fn(item) ? flow_.put(item, 0, later) : put_result::queued;
    }

    /// A copy of the last item. Precondition: it is retained.
    T latest() const {
        const held_lock lock(mutex_);
        return last();
    }

    /// The same, and `s` has taken it then.
    T latest(subscriber_type& s) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        if (!flow_.items.has_item(s))
            return last();
        flow_.items.catch_up(s);
        auto item = flow_.take(s);
        flow_.taken(s, later);
        return *std::move(item);
    }

    /// Takes `item`, or has a waiter wait with it: `item` itself if it is lent, moved if not. If it
    /// is known which consumer awaits this, then not for what that one is to do.
    put_result put_or_queue(T& item, bool lent, put_ptr& w, const consumer& by) {
        afterwards later(*this);
        put_ptr other;
        const auto weight = flow_.weigh(item);
        const held_lock lock(mutex_);
        const auto result = flow_.put(item, weight, later);
        if (result != put_result::queued)
            return result;
        if (flow_.peers.is_held_back_by(by, flow_.items.tail()))
            return put_result::would_deadlock;
        w = flow_.puts.waiter(other);
        w->weight = weight;
        w->awaiter = by.subscriber;
        w->item = lent ? &item : &w->held.emplace(std::move(item));
        w->core.reset(this);
        flow_.queue(w, later);
        return put_result::queued;
    }

    /// Queues a waiter until there are `n` subscribers, unless there are.
    put_result queue_for_subscribers(std::size_t n, put_ptr& w) {
        put_ptr other;
        const held_lock lock(mutex_);
        if (flow_.peers.active() >= n)
            return put_result::accepted;
        if (flow_.closed)
            return put_result::closed;
        w = flow_.puts.waiter(other);
        w->subscribers = n;
        w->awaiter = nullptr;
        w->core.reset(this);
        flow_.watchers.push_back(w);
        return put_result::queued;
    }

    /// Takes `w` out of its queue; false if it was woken already.
    bool cancel(put_type& w) {
        afterwards later(*this);
        put_ptr removed;
        const held_lock lock(mutex_);
        if (!w.queued)
            return false;
        removed = w.subscribers ? flow_.watchers.remove(w) : flow_.remove_put(w, later);
        if (flow_.budget)
            flow_.admit(later);
        return true;
    }

    /// What was waited for in the budget is there.
    void granted() {
        afterwards later(*this);
        const held_lock lock(mutex_);
        flow_.admit(later);
    }

    /// Refuses more; what there is can still be taken. The first close counts.
    void close(std::exception_ptr failure = nullptr) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        if (!flow_.closed)
            flow_.close(std::move(failure), later);
    }

    /// Has `t` woken when all subscribers have taken what there is, or left; false if that is so.
    /// Precondition: it is closed.
    bool queue_for_drain(const std::shared_ptr<timer>& t) {
        const held_lock lock(mutex_);
        flow_.behind = flow_.count_behind();
        if (flow_.behind == 0)
            return false;
        std::erase_if(flow_.drains, [](const auto& old) { return old.expired(); });
        flow_.drains.push_back(t);
        return true;
    }

    bool is_drained() const {
        const held_lock lock(mutex_);
        return flow_.count_behind() == 0;
    }

    // --- subscribers -----------------------------------------------------------------------------

    /// Adds a subscriber that gets all items from now on, after up to `replay` that are retained and
    /// those that were kept for the first.
    void join(subscriber_type& s, std::size_t replay) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        if (!flow_.shown && s.rare && !s.rare->name.empty()) {
            show("a broadcast");
            for (const auto& list : flow_.peers.lists())
                for (auto* other : list)
                    other->rare_part().since = flow_.time->now();
        }
        if (flow_.shown)
            s.rare_part().since = flow_.time->now();
        flow_.join(s, replay, later);
    }

    /// Takes a subscriber away, with what it has not taken; puts that waited for it go on.
    void leave(subscriber_type& s) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        flow_.leave(s, later);
    }

    poll<T> try_next(subscriber_type& s) {
        held_lock lock(mutex_);
        const bool has = s.position() != flow_.items.tail();
        if (!flow_.closed && s.here && flow_.items.lost(s) == 0) [[likely]] {
            if (!flow_.may_admit(s, has)) [[likely]]
                return has ? flow_.take(s) : poll<T>(pending);
            if (s.care == attention::lockstep && !has && !flow_.budget && !s.queued)
                return flow_.is_alone(s) ? hand_over(s, std::move(lock))
                                         : ask_for_next(s, std::move(lock));
        }
        return try_next_with_care(s, std::move(lock));
    }

    /// Items that one who is waited for may take without the lock.
    struct batch {
        typename broadcast_ring<T>::slot* from = nullptr;
        unsigned items = 0;
        bool retained = false; // newcomers may want them too
    };

    /// Half of what there is for `s`, so that room is given back before all of it is taken. What it took
    /// of the one before is counted, and those put that waited for that.
    [[gnu::noinline]] batch claim(subscriber_type& s, unsigned limit) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        count(s, later);
        auto& ring = flow_.items.ring;
        const auto position = s.position();
        if (!s.here || position == ring.tail())
            return {};
        const auto items = std::min<std::uint64_t>(
            {limit, (ring.tail() - position + 1) / 2, ring.chunk_end(position) - position});
        return {&ring.at(position), static_cast<unsigned>(items), ring.retains()};
    }

    /// The same without another batch.
    [[gnu::noinline]] void settle(subscriber_type& s) {
        afterwards later(*this);
        const held_lock lock(mutex_);
        count(s, later);
    }

    /// Has the last item be there for `s` again. Precondition: it is retained.
    void rewind(subscriber_type& s) noexcept {
        const held_lock lock(mutex_);
        if (flow_.items.has_item(s))
            return;
        flow_.items.move_to(s, flow_.items.tail() - 1);
        flow_.items.ring.hold(s.position());
    }

    bool has_item_for(const subscriber_type& s) const {
        const held_lock lock(mutex_);
        return flow_.items.has_item(s);
    }

    /// Queues `s` until there is something to take, an end or a failure, unless there is now.
    wait_result wait(subscriber_type& s) {
        held_lock lock(mutex_);
        if (s.queued)
            return wait_result::busy;
        if (flow_.closed || !s.here || flow_.items.has_item(s))
            return wait_result::ready;
        if (flow_.puts.empty() || flow_.peers.unready() > 1) {
            flow_.park(s);
            return wait_result::queued;
        }
        return wait_for_put(s, std::move(lock));
    }

    /// Gives a wait up; false if it was woken already.
    bool cancel(subscriber_type& s) {
        typename broadcast_flow<T>::subscriber_ptr removed;
        const held_lock lock(mutex_);
        if (!s.queued)
            return false;
        removed = flow_.unpark(s);
        return true;
    }

    // --- patience --------------------------------------------------------------------------------

    /// Waits, unless that is on its way, until the first patience with somebody who holds a put back
    /// may be over.
    void start_patience() {
        if (flow_.time->is_shut_down())
            return; // its context is gone, and nobody's patience ends any more
        std::shared_ptr<timer> t;
        clock::time_point due;
        {
            const held_lock lock(mutex_);
            due = flow_.patience_ends();
            if (flow_.watching || flow_.puts.empty() || due == clock::time_point::max())
                return;
            flow_.watching = true;
            if (!patience_timer_)
                patience_timer_ = std::make_shared<timer>(flow_.time);
            t = patience_timer_;
        }
        timer::async_wait(t, due, executor_, [self = broadcast_ptr<T>(this)](error_code) {
            self->patience_is_over();
        });
    }

    /// No put waits any more, or for somebody else as well.
    void look_at_patience_again() { patience_timer_->wake(); }

    // --- all -------------------------------------------------------------------------------------

    /// What nobody gets of what was given to a put.
    void undelivered(T&& item) noexcept { afterwards::tell(on_undelivered_, std::move(item)); }

    bool is_open() const {
        const held_lock lock(mutex_);
        return !flow_.closed;
    }

    std::size_t subscriber_count() const {
        const held_lock lock(mutex_);
        return flow_.peers.active();
    }

    broadcast_stats stats() const {
        const held_lock lock(mutex_);
        return stats_of(flow_);
    }

    subscription_stats stats(const subscriber_type& s) const {
        const held_lock lock(mutex_);
        return stats_of(flow_, s);
    }

    graph_part describe(const broadcast_node<T>& as) const {
        const held_lock lock(mutex_);
        return detail::describe(flow_, as);
    }

    const asio::any_io_executor& executor() const noexcept { return executor_; }
    const std::shared_ptr<clock>& time() const noexcept { return flow_.time; }

    /// Counts puts that did not suspend; true now and then, when one should let others run. That
    /// two threads may count as one does not matter.
    bool spent(unsigned limit) noexcept {
        const auto run = run_.load(std::memory_order_relaxed) + 1;
        run_.store(run, std::memory_order_relaxed);
        return run % limit == 0;
    }

    friend void intrusive_ptr_add_ref(broadcast_core* core) noexcept { core->holders_.add(); }
    friend void intrusive_ptr_release(broadcast_core* core) noexcept {
        if (core->holders_.drop()) [[unlikely]]
            destroy(core);
    }

private:
    using afterwards = broadcast_afterwards<T>;
    [[gnu::noinline]] static void destroy(broadcast_core* core) noexcept { delete core; }

    /// A put that has something to look at. It goes on under the lock, but for its being weighed.
    [[gnu::noinline]] put_result try_put_with_care(T& item, held_lock held) {
        afterwards later(*this);
        if (!flow_.budget) [[likely]] {
            const held_lock lock(std::move(held));
            return flow_.put(item, 0, later);
        }
        held.let_go();
        const auto weight = flow_.weigh(item);
        const held_lock lock(mutex_);
        return flow_.put(item, weight, later);
    }

    const T& last() const noexcept { return *flow_.items.ring.at(flow_.items.tail() - 1).item; }

    /// A subscriber waits, and so do puts: it may be the last that they wait for.
    [[gnu::noinline]] wait_result wait_for_put(subscriber_type& s, held_lock held) {
        afterwards later(*this);
        const held_lock lock(std::move(held)); // let go of before what is left for afterwards
        const bool last = s.here && s.care == attention::lockstep && flow_.peers.unready() == 1;
        if (last && !flow_.puts.empty() && !flow_.items.has_item(s))
            flow_.ask_once(s, later);
        if (flow_.items.has_item(s))
            return wait_result::ready; // and need not be woken
        flow_.park(s);
        if (flow_.peers.unready() == 0)
            flow_.admit(later);
        return wait_result::queued;
    }

    /// A put waits for this one, who has nothing before it and is alone, to ask.
    [[gnu::noinline]] poll<T> hand_over(subscriber_type& s, held_lock held) {
        wake_list<put_type> later;
        const held_lock lock(std::move(held));
        return flow_.hand_over(s, later);
    }

    /// The same where others are to have it too, or are told of it.
    [[gnu::noinline]] poll<T> ask_for_next(subscriber_type& s, held_lock held) {
        afterwards later(*this);
        const held_lock lock(std::move(held));
        flow_.ask_once(s, later);
        return s.position() != flow_.items.tail() ? flow_.take(s) : poll<T>(pending);
    }

    [[gnu::noinline]] poll<T> try_next_with_care(subscriber_type& s, held_lock held) {
        afterwards later(*this);
        const held_lock lock(std::move(held));
        auto& items = flow_.items;
        const bool can_ask = s.here && s.care == attention::lockstep && !s.queued;
        if (can_ask && !items.has_item(s) && !flow_.puts.empty())
            flow_.ask_once(s, later);
        if (items.has_item(s)) {
            items.catch_up(s);
            auto item = s.care == attention::copied ? items.take_copy(s) : flow_.take(s);
            flow_.taken(s, later);
            return item;
        }
        if (s.here && !flow_.closed)
            return pending;
        if (!s.failed) {
            s.failed = true;
            if (s.gone && s.policy == overflow::fail)
                std::rethrow_exception(make_failure(errc::full, "subscription"));
            if (flow_.failure && !s.gone)
                std::rethrow_exception(flow_.failure);
        }
        return end;
    }

    void count(subscriber_type& s, afterwards& later) noexcept {
        if (flow_.items.count(s))
            flow_.taken(s, later);
    }

    void patience_is_over() {
        afterwards later(*this);
        const held_lock lock(mutex_);
        flow_.watching = false;
        flow_.look_at_patience(later);
    }

    mutable light_mutex mutex_;
    broadcast_flow<T> flow_;
    asio::any_io_executor executor_;
    const hook on_undelivered_;
    std::shared_ptr<timer> patience_timer_;
    shared_count holders_;
    std::atomic<unsigned> run_ = 0;
};

} // namespace streamx::detail
