#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_afterwards.hpp>
#include <streamx/channels/detail/broadcast_ring.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

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
#include <string>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What came of a put, or of a wait for subscribers. `queued`: it waits, and will be woken.
enum class put_result { accepted, queued, closed, no_subscribers, exceeds_budget, would_deadlock };

/// What came of a subscriber's wait.
enum class wait_result { ready, queued, busy };

/// The state that a broadcast shares with its subscribers: one ring of items, a cursor for each
/// subscriber, and the puts that wait.
///
/// A put looks at no subscriber but those that are parked and, now and then, those that may have too
/// much before them. It is allowed when every lockstep subscriber asks (`unready_` counts those
/// that do not) and the tail has not come to `roomy_until_`, up to which nobody can be full. Up to
/// `easy_until_` it has nothing at all to look at.
template <class T>
class broadcast_core {
public:
    using subscriber_type = subscriber<T>;
    using subscriber_ptr = boost::intrusive_ptr<subscriber_type>;
    using put_type = put_waiter<T>;
    using put_ptr = boost::intrusive_ptr<put_type>;
    using hook = std::function<void(T&&)>;
    using weigher = std::function<std::size_t(const T&)>;

    broadcast_core(
        asio::any_io_executor ex,
        streamx::no_subscribers none,
        std::size_t retained,
        hook on_undelivered)
        : ring_(retained), executor_(std::move(ex)), on_undelivered_(std::move(on_undelivered)),
          none_(none), clock_(clock::of(asio::query(executor_, asio::execution::context))) {
        ring_.need(std::max(retained, none.room()));
    }
    ~broadcast_core() {
        if (shown_)
            shown_->finish();
    }

    /// Its items count against a budget. Called before it is used.
    void share(std::shared_ptr<budget_state> in, weigher w) {
        budget_ = std::make_unique<account>(std::move(in), *this, std::move(w));
    }

    /// It is seen under this name by `dump_graph`.
    void show(std::string name) {
        auto& context = asio::query(executor_, asio::execution::context);
        shown_ = std::make_shared<named>(context, *this, std::move(name));
        graph_node::show(context, shown_);
    }

    // --- puts ------------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched.
    put_result try_put(T& item) {
        {
            std::lock_guard lock(mutex_);
            if (ring_.tail() < easy_until_) [[likely]] {
                ring_.push(*easy_place_, item, easy_takers_);
                ++easy_place_;
                return put_result::accepted;
            }
        }
        afterwards later(*this);
        const auto weight = weigh(item);
        std::lock_guard lock(mutex_);
        return put(item, weight, later);
    }

    /// Puts what `fn` makes of a copy of the last item, if it says that it has changed it. Retained
    /// items are looked at, so there has to be one.
    template <class Fn>
    put_result update(Fn& fn) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        T item(std::as_const(*ring_.at(ring_.tail() - 1).item));
        return fn(item) ? put(item, 0, later) : put_result::queued;
    }

    /// A copy of the last item. Precondition: it is retained.
    T latest() const {
        std::lock_guard lock(mutex_);
        return *ring_.at(ring_.tail() - 1).item;
    }

    /// Takes `item`, or has a waiter wait with it: `item` itself if it is lent, moved if not. If it
    /// is known which coroutine awaits this, then not for what that one is to do.
    put_result put_or_queue(T& item, bool lent, put_ptr& w, const void* coroutine) {
        afterwards later(*this);
        const auto weight = weigh(item);
        std::lock_guard lock(mutex_);
        const auto result = put(item, weight, later);
        if (result != put_result::queued)
            return result;
        if (coroutine && is_held_back_by(coroutine))
            return put_result::would_deadlock;
        w = new_waiter();
        w->weight = weight;
        w->item = lent ? &item : &w->held.emplace(std::move(item));
        w->since = clock_->now();
        if (puts_.empty()) {
            held_since_ = w->since;
            if (budget_ && may_put())
                budget_->wait_for(weight);
        }
        easy_until_ = 0;
        puts_.push_back(w);
        ++puts_waiting_;
        ++times_blocked_;
        time_patience(later);
        return put_result::queued;
    }

    /// Queues a waiter until there are `n` subscribers, unless there are.
    put_result queue_for_subscribers(std::size_t n, put_ptr& w) {
        std::lock_guard lock(mutex_);
        if (active_ >= n)
            return put_result::accepted;
        if (closed_)
            return put_result::closed;
        w = new_waiter();
        w->subscribers = n;
        watchers_.push_back(w);
        return put_result::queued;
    }

    /// Takes `w` out of its queue; false if it was woken already.
    bool cancel(put_type& w) {
        afterwards later(*this);
        put_ptr removed;
        std::lock_guard lock(mutex_);
        if (!w.queued)
            return false;
        removed = w.subscribers ? watchers_.remove(w) : remove_put(w, later);
        if (budget_)
            admit(later);
        return true;
    }

    /// A waiter has done its work: the next put that waits has it.
    void keep(put_type& w) noexcept {
        std::lock_guard lock(mutex_);
        if (!spare_)
            spare_.reset(&w);
    }

    /// Refuses more; what there is can still be taken. The first close counts.
    void close(std::exception_ptr failure = nullptr) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (closed_)
            return;
        closed_ = true;
        easy_until_ = 0;
        failure_ = std::move(failure);
        fail_puts(errc::closed, later);
        while (auto* w = watchers_.front())
            later.puts.add(watchers_.remove(*w), errc::closed);
        if (budget_) {
            budget_->give_up();
            settle_budget(later);
        }
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
        ring_.need(s.capacity);
        if (s.care == attention::lossy && budget_)
            s.care = attention::limited; // what it is too late for weighs nothing
        if (!shown_ && s.rare && !s.rare->name.empty()) {
            show("a broadcast");
            for (const auto& list : peers_)
                for (auto* other : list)
                    other->rare_part().since = clock_->now();
        }
        if (shown_)
            s.rare_part().since = clock_->now();
        if (!closed_)
            add_to_peers(s);
        const auto tail = ring_.tail();
        const auto kept = active_ == 0 ? unclaimed() : 0;
        const auto from =
            tail - std::max(kept, std::min<std::uint64_t>({replay, ring_.retained(), tail}));
        for (auto position = from; position != tail - kept; ++position)
            ring_.hold(position); // what was kept has a taker already, who is `s` now
        unclaimed_from_ = tail;
        move_to(s, from);
        if (s.care == attention::copied)
            copy_all(s, later);
        if (closed_)
            return; // it finds what is left, and is not waited for
        s.here = true;
        ++active_;
        if (s.care == attention::lockstep)
            ++unready_;
        if (s.has_patience())
            ++patient_;
        look_again();
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
        {
            std::lock_guard lock(mutex_);
            const bool has = s.position() != ring_.tail();
            if (!closed_ && s.here && !may_admit(s, has) && lost(s) == 0) [[likely]]
                return has ? take(s) : poll<T>(pending);
        }
        return try_next_with_care(s);
    }

    /// All that can be taken now. One who is waited for takes several items under one lock, and gives
    /// room for them back when it comes for more; while this runs nobody else touches `s`.
    template <class Take>
    [[gnu::always_inline]] halt each_ready(subscriber_type& s, Take&& take) {
        const batch_guard settled_at_end{*this, s};
        for (unsigned left = budget; left != 0;) {
            auto [from, items] = s.batches ? claim(s, left) : batch{};
            left -= items;
            for (; items != 0; --items, ++from) {
                const auto position = s.position();
                T item = ring_.template give<T>(*from, position);
                s.cursor.store(position + 1, std::memory_order_release);
                if (!take(std::move(item))) [[unlikely]]
                    return halt::asked;
            }
            if (from)
                continue;
            auto item = try_next(s); // what it may take one by one only, or the end
            if (!item)
                return item.is_end() ? halt::end : halt::pending;
            --left;
            if (!take(*std::move(item))) [[unlikely]]
                return halt::asked;
            if (s.took_last) // who waits now looks again, and need not look twice
                return halt::pending;
        }
        return halt::spent;
    }

    /// Has the last item be there for `s` again. Precondition: it is retained.
    void rewind(subscriber_type& s) noexcept {
        std::lock_guard lock(mutex_);
        if (has_item(s))
            return;
        move_to(s, ring_.tail() - 1);
        ring_.hold(s.position());
    }

    bool has_item_for(const subscriber_type& s) const {
        std::lock_guard lock(mutex_);
        return has_item(s);
    }

    /// Queues `s` until there is something to take, an end or a failure, unless there is now.
    wait_result wait(subscriber_type& s) {
        {
            std::lock_guard lock(mutex_);
            if (s.queued)
                return wait_result::busy;
            if (closed_ || !s.here || has_item(s))
                return wait_result::ready;
            parked_.push_back(subscriber_ptr(&s));
            note_change(s);
            easy_until_ = 0;
            if (s.care == attention::lockstep)
                --unready_;
            if (puts_.empty() || unready_ != 0)
                return wait_result::queued;
        }
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        admit(later);
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

    /// Waits, unless that is on its way, until the first patience with somebody who holds a put back
    /// may be over.
    void start_patience() {
        std::shared_ptr<timer> t;
        clock::time_point due;
        {
            std::lock_guard lock(mutex_);
            due = patience_ends();
            if (watching_ || puts_.empty() || due == clock::time_point::max())
                return;
            watching_ = true;
            if (!patience_timer_)
                patience_timer_ =
                    std::make_shared<timer>(asio::query(executor_, asio::execution::context));
            t = patience_timer_;
        }
        timer::async_wait(t, due, executor_, [self = broadcast_ptr<T>(this)](error_code) {
            self->patience_is_over();
        });
    }

    /// No put waits any more.
    void stop_patience() { patience_timer_->wake(); }

    // --- all -------------------------------------------------------------------------------------

    /// What nobody gets of what was given to a put.
    void undelivered(T&& item) noexcept { afterwards::tell(on_undelivered_, std::move(item)); }

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
        const auto now = clock_->now();
        broadcast_stats s;
        s.put = ring_.tail() + discarded_unseen_;
        s.delivered = delivered_;
        s.dropped = dropped_;
        s.undelivered = undelivered_;
        s.discarded = discarded_;
        s.subscribers = active_;
        s.puts_waiting = puts_waiting_;
        s.times_blocked = times_blocked_;
        s.blocked_for = blocked_for_;
        for (auto* w = puts_.front(); w; w = w->next)
            s.blocked_for += now - w->since;
        for (const auto* limited : peers(attention::limited))
            s.delivered += uncounted(*limited);
        for (const auto* lossy : peers(attention::lossy))
            s.dropped += lost(*lossy);
        if (const auto* slow = puts_.empty() ? nullptr : slowest()) {
            s.held_back = true;
            s.held_back_by = slow->rare ? slow->rare->name : std::string();
            s.held_for = now - held_since_;
        }
        return s;
    }

    subscription_stats stats(const subscriber_type& s) const {
        std::lock_guard lock(mutex_);
        subscription_stats result;
        if (s.rare)
            result.name = s.rare->name;
        result.policy = s.policy;
        result.delivered = s.delivered + uncounted(s);
        result.missed = s.missed + lost(s);
        result.lag = lag_of(s);
        if (!puts_.empty() && s.here && holds_back(s)) {
            result.holds_back = true;
            result.held_for = clock_->now() - held_since_;
        }
        return result;
    }

    const asio::any_io_executor& executor() const noexcept { return executor_; }

    /// Counts puts that did not suspend; true now and then, when one should let others run. That
    /// two threads may count as one does not matter.
    bool spent(unsigned limit) noexcept {
        const auto run = run_.load(std::memory_order_relaxed) + 1;
        run_.store(run, std::memory_order_relaxed);
        return run % limit == 0;
    }

    friend void intrusive_ptr_add_ref(broadcast_core* core) noexcept { ++core->holders_; }
    friend void intrusive_ptr_release(broadcast_core* core) noexcept {
        if (--core->holders_ == 0)
            delete core;
    }

private:
    using afterwards = broadcast_afterwards<T>;

    /// What the items in the ring weigh.
    struct account final : budget_account {
        account(std::shared_ptr<budget_state> in, broadcast_core& c, weigher w)
            : budget_account(std::move(in)), core(c), weigh(std::move(w)) {}

        void hold() noexcept override { intrusive_ptr_add_ref(&core); }
        void let_go() noexcept override { intrusive_ptr_release(&core); }
        void granted() override {
            afterwards later(core);
            std::lock_guard lock(core.mutex_);
            core.admit(later);
        }

        broadcast_core& core;
        const weigher weigh;
    };

    /// How a broadcast is seen that has a name, or a subscriber with one.
    struct named final : graph_node {
        named(asio::execution_context& context, broadcast_core& c, std::string n)
            : graph_node(context), core(c), name(std::move(n)), running_since(now()) {}

        graph_part describe() override { return core.describe(*this); }

        broadcast_core& core;
        const std::string name;
        clock::time_point running_since; ///< who puts, if no put waits
    };

    using peer_list = std::vector<subscriber_type*>;
    static constexpr std::size_t few = 16;
    static constexpr auto never = std::numeric_limits<std::uint64_t>::max();

    peer_list& peers(attention care) noexcept { return peers_[static_cast<int>(care)]; }
    const peer_list& peers(attention care) const noexcept { return peers_[static_cast<int>(care)]; }

    put_ptr new_waiter() {
        put_ptr w = spare_ && spare_->holders == 1 ? std::move(spare_)
                                                   : put_ptr(new put_type(broadcast_ptr<T>()));
        w->core.reset(this);
        w->subscribers = 0;
        w->accepted = false;
        return w;
    }

    // --- the graph -------------------------------------------------------------------------------

    graph_part describe(const named& as) const {
        std::lock_guard lock(mutex_);
        graph_part part{
            .name = as.name, .holds = "put " + std::to_string(ring_.tail() + discarded_unseen_)};
        part.from.push_back(describe_puts(as));
        for (const auto& list : peers_)
            for (const auto* s : list)
                part.to.push_back(describe(*s));
        return part;
    }

    graph_end describe_puts(const named& as) const {
        graph_end end{.who = "producer", .since = as.running_since};
        if (puts_.empty()) {
            end.state = closed_ ? graph_state::over : graph_state::running;
            return end;
        }
        end.state = graph_state::waits_for_room;
        end.since = held_since_;
        if (puts_waiting_ > 1)
            end.more = std::to_string(puts_waiting_) + " puts";
        const auto* slow = slowest();
        end.behind = slow           ? name_of(*slow)
                     : active_ == 0 ? "nobody: there is no subscriber"
                                    : "others who share its budget";
        return end;
    }

    graph_end describe(const subscriber_type& s) const {
        return {
            .who = name_of(s),
            .state = s.queued ? graph_state::waits_for_item : graph_state::running,
            .since = s.rare ? s.rare->since : clock::time_point(),
            .more = s.queued ? "" : std::to_string(lag_of(s)) + " before it"};
    }

    static std::string name_of(const subscriber_type& s) {
        return s.rare && !s.rare->name.empty() ? s.rare->name : "a subscriber";
    }

    /// A subscriber begins to wait, or to run.
    void note_change(subscriber_type& s) noexcept {
        if (shown_ && s.rare) [[unlikely]]
            s.rare->since = clock_->now();
    }

    // --- the budget ------------------------------------------------------------------------------

    std::size_t weigh(const T& item) const { return budget_ ? budget_->weigh(item) : 0; }

    /// What nobody is to have any more weighs nothing.
    void settle_budget(afterwards& later) {
        later.budget.of(*budget_);
        auto from = ring_.tail() - budget_->count();
        while (from != ring_.tail() && (from < ring_.begin() || !ring_.at(from).item))
            ++from;
        budget_->keep_last(ring_.tail() - from);
    }

    /// Whether there is room for an item of that weight; it is set aside then. Who may miss items
    /// misses the oldest for it.
    bool afford(std::size_t weight, afterwards& later) {
        if (!budget_) [[likely]]
            return true;
        settle_budget(later);
        while (!budget_->set_aside(weight))
            if (!budget_->would_fit_alone(weight) || !free_oldest(later))
                return false;
        return true;
    }

    /// Precondition: a put waits. If there is no room for it, it waits for its turn.
    bool afford_first(afterwards& later) {
        const auto weight = puts_.front()->weight;
        if (afford(weight, later))
            return true;
        budget_->wait_for(weight);
        return false;
    }

    bool free_oldest(afterwards& later) {
        const auto oldest = ring_.tail() - budget_->count();
        if (oldest == ring_.tail() || ring_.is_retained(oldest))
            return false;
        const auto may_miss = [&](const subscriber_type* s) {
            return s->policy == overflow::drop_oldest && s->position() == oldest;
        };
        auto& limited = peers(attention::limited);
        const auto count = std::count_if(limited.begin(), limited.end(), may_miss);
        if (count == 0 || count != ring_.at(oldest).takers.load(std::memory_order_relaxed))
            return false; // somebody is to have it
        for (auto* s : limited)
            if (may_miss(s))
                drop_oldest(*s, later);
        settle_budget(later);
        return true;
    }

    // --- putting ---------------------------------------------------------------------------------

    /// The items that are kept for the first subscriber, and count it as their taker.
    std::uint64_t unclaimed() const noexcept {
        return none_.room() ? ring_.tail() - unclaimed_from_ : 0;
    }

    put_result put(T& item, std::size_t weight, afterwards& later) {
        if (closed_)
            return put_result::closed;
        if (budget_ && weight > budget_->budget().limit())
            return put_result::exceeds_budget;
        if (active_ == 0 && none_ == streamx::no_subscribers::fail)
            return put_result::no_subscribers;
        if (!puts_.empty() || !may_put() || !afford(weight, later))
            return put_result::queued;
        accept(item, weight, later);
        return put_result::accepted;
    }

    bool may_put() noexcept {
        if (active_ == 0)
            return none_ == streamx::no_subscribers::discard || unclaimed() < none_.room();
        return unready_ == 0 && (ring_.tail() < roomy_until_ || nobody_is_full());
    }

    /// Looks for a subscriber that is to be waited for, and how far there will be none.
    bool nobody_is_full() noexcept {
        roomy_until_ = never;
        for (auto* s : peers(attention::limited)) {
            roomy_until_ = std::min(roomy_until_, s->full_at());
            if (s->policy == overflow::wait && s->is_full(ring_.tail())) {
                blocker_ = s;
                return false;
            }
        }
        blocker_ = nullptr;
        return true;
    }

    /// Subscribers have come or changed: what was known of their room is not known any more.
    void look_again() noexcept { easy_until_ = roomy_until_ = 0; }

    /// Precondition: it may be put. If this throws nothing has happened.
    void accept(T& item, std::size_t weight, afterwards& later) {
        const bool discarded = active_ == 0 && none_ == streamx::no_subscribers::discard;
        if (discarded && ring_.retained() == 0) {
            if (on_undelivered_)
                later.discard(std::move(item));
            ++discarded_;
            ++discarded_unseen_;
            if (budget_)
                budget_->give_up();
            return;
        }
        auto& to = ring_.next().item.emplace(std::move(item));
        if (budget_)
            add_weight(weight, later);
        if (roomy_until_ <= ring_.tail())
            overrun(to, later);
        for (auto* s : peers(attention::copied))
            copy(*s, std::as_const(to), later);
        ring_.push(active_ == 0 ? none_.room() != 0 : in_ring());
        discarded_ += discarded;
        wake_parked(later);
        // As long as nobody comes, goes, waits or is full, the next items need only be put behind
        // this one, up to the end of the chunk.
        const bool easy = !budget_ && active_ != 0 && puts_.empty() && ring_.retained() == 0 &&
                          peers(attention::lockstep).empty() && peers(attention::copied).empty();
        easy_until_ = easy ? std::min(roomy_until_, ring_.chunk_end(ring_.tail() - 1)) : 0;
        easy_place_ = &ring_.at(ring_.tail() - 1) + 1;
        easy_takers_ = in_ring();
    }

    /// Of the item that is in its place, and not pushed yet.
    void add_weight(std::size_t weight, afterwards& later) {
        later.budget.of(*budget_);
        try {
            budget_->add(weight);
        } catch (...) {
            ring_.at(ring_.tail()).item.reset();
            throw;
        }
    }

    std::uint32_t in_ring() const noexcept {
        return static_cast<std::uint32_t>(active_ - peers(attention::copied).size());
    }

    /// Applies the policies of those that have all before them that they may, and are not waited
    /// for.
    void overrun(const T& item, afterwards& later) noexcept {
        auto& limited = peers(attention::limited);
        for (std::size_t i = limited.size(); i-- != 0;) { // who is cut off is replaced by the last
            subscriber_type& s = *limited[i];
            if (!s.is_full(ring_.tail()))
                continue;
            if (s.policy != overflow::drop_oldest)
                cut_off(s, item, later);
            else
                while (s.is_full(ring_.tail()))
                    drop_oldest(s, later);
        }
    }

    void drop_oldest(subscriber_type& s, afterwards& later) noexcept {
        skip(s, later);
        ++s.missed;
        ++dropped_;
    }

    /// `fail` and `disconnect`: it misses what it has not taken, and the item that was too much.
    void cut_off(subscriber_type& s, const T& item, afterwards& later) noexcept {
        const auto had = skip_all(s, later) + 1;
        later.lose(s, item);
        s.missed += had;
        dropped_ += had;
        if (s.queued)
            later.subscribers.add(unpark(s));
        remove(s, later);
    }

    /// Gives an item to a subscriber that has its own copies, if it has room.
    void copy(subscriber_type& s, const T& item, afterwards& later) noexcept {
        try {
            if (s.rare_part().copies.size() < s.capacity)
                return s.rare->copies.push_back(item);
        } catch (...) { // the others are not to suffer for it
            log(log_level::error, "a subscriber misses an item: copying it threw");
        }
        ++s.missed;
        ++dropped_;
        later.lose(s, item);
    }

    /// What a subscriber has before it in the ring becomes its own copies.
    void copy_all(subscriber_type& s, afterwards& later) noexcept {
        for (auto position = s.position(); position != ring_.tail(); ++position) {
            copy(s, *ring_.at(position).item, later);
            ring_.let_go(position);
        }
        move_to(s, ring_.tail());
    }

    void wake_parked(afterwards& later) noexcept {
        while (auto* s = parked_.front())
            later.subscribers.add(unpark(*s));
    }

    /// Lets puts that wait go on, first come first served.
    void admit(afterwards& later) noexcept {
        if (budget_) [[unlikely]]
            settle_budget(later);
        if (puts_.empty())
            return budget_ ? budget_->give_up() : void();
        if (active_ == 0 && none_ == streamx::no_subscribers::fail)
            return fail_puts(errc::no_subscribers, later);
        while (!puts_.empty() && may_put() && afford_first(later))
            admit_first(later);
        if (budget_ && (puts_.empty() || !may_put()))
            budget_->give_up();
        time_patience(later);
    }

    void admit_first(afterwards& later) noexcept {
        auto w = remove_put(*puts_.front(), later);
        error_code result;
        try {
            accept(*w->item, w->weight, later);
            w->accepted = true;
        } catch (...) { // moving the item threw, or there is no memory: that put's failure
            result = to_error_code(std::current_exception());
        }
        later.puts.add(std::move(w), result);
    }

    put_ptr remove_put(put_type& w, afterwards& later) noexcept {
        const bool first = &w == puts_.front();
        const auto now = clock_->now();
        --puts_waiting_;
        blocked_for_ += now - w.since;
        auto removed = puts_.remove(w);
        if (first)
            held_since_ = now;
        if (shown_ && puts_.empty())
            shown_->running_since = now;
        if (puts_.empty() && watching_)
            later.patience = patience_change::stop;
        return removed;
    }

    void fail_puts(error_code ec, afterwards& later) noexcept {
        while (auto* w = puts_.front())
            later.puts.add(remove_put(*w, later), ec);
    }

    // --- taking ----------------------------------------------------------------------------------

    /// Where a subscriber's items end. One that is gone has none.
    std::uint64_t tail_of(const subscriber_type& s) const noexcept {
        return s.gone ? s.position() : ring_.tail();
    }

    /// How many of a lossy subscriber's items it is too late for.
    std::uint64_t lost(const subscriber_type& s) const noexcept {
        const auto behind = tail_of(s) - s.position();
        return s.care == attention::lossy && behind > s.capacity ? behind - s.capacity : 0;
    }

    /// What a batch has taken since its subscriber was last counted.
    static std::uint64_t uncounted(const subscriber_type& s) noexcept {
        return s.cursor.load(std::memory_order_acquire) - s.counted;
    }

    /// How many items are there for it.
    std::uint64_t lag_of(const subscriber_type& s) const noexcept {
        return s.care == attention::copied ? (s.rare ? s.rare->copies.size() : 0)
                                           : tail_of(s) - s.position() - lost(s);
    }

    bool has_item(const subscriber_type& s) const noexcept {
        if (s.care == attention::copied)
            return s.rare && !s.rare->copies.empty();
        return tail_of(s) != s.position();
    }

    static void move_to(subscriber_type& s, std::uint64_t position) noexcept {
        s.counted = position;
        s.cursor.store(position, std::memory_order_relaxed);
    }

    /// A lossy subscriber goes on with the oldest item that it may still have.
    void catch_up(subscriber_type& s) noexcept {
        const auto late = lost(s);
        if (late == 0)
            return;
        const auto to = s.position() + late;
        ring_.let_go(s.position(), to);
        move_to(s, to);
        s.missed += late;
        dropped_ += late;
    }

    /// Whether more may come of a try than that it takes an item or finds none: to take one lets
    /// puts go on, or, in lockstep, to ask does. (Copies are no matter of the ring.)
    bool may_admit(const subscriber_type& s, bool has_item) const noexcept {
        if (s.care == attention::copied || budget_)
            return true;
        return !puts_.empty() && (s.care != attention::lockstep || (!has_item && unready_ <= 1));
    }

    /// Precondition: it has an item in the ring.
    poll<T> take(subscriber_type& s) {
        const auto position = s.position();
        auto item = ring_.template take<poll<T>>(position);
        move_to(s, position + 1);
        s.took_last = position + 1 == ring_.tail() && !may_admit(s, false);
        ++s.delivered;
        ++delivered_;
        return item;
    }

    [[gnu::noinline]] poll<T> try_next_with_care(subscriber_type& s) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        if (!has_item(s) && s.care == attention::lockstep && !puts_.empty() && !s.queued)
            ask_once(later);
        if (has_item(s)) {
            catch_up(s);
            auto item = s.care == attention::copied ? take_copy(s) : take(s);
            if (closed_ && !has_item(s))
                tell_drained(s, later);
            if (&s == blocker_ || budget_)
                admit(later);
            return item;
        }
        if (s.here && !closed_)
            return pending;
        if (!s.failed) {
            s.failed = true;
            if (s.gone && s.policy == overflow::fail)
                std::rethrow_exception(make_failure(errc::full, "subscription"));
            if (failure_ && !s.gone)
                std::rethrow_exception(failure_);
        }
        return end;
    }

    poll<T> take_copy(subscriber_type& s) {
        poll<T> item(std::move(s.rare->copies.front()));
        s.rare->copies.pop_front();
        ++s.delivered;
        ++delivered_;
        return item;
    }

    struct batch_guard {
        ~batch_guard() {
            if (s.batches && s.position() != s.counted)
                core.settle(s);
        }
        broadcast_core& core;
        subscriber_type& s;
    };

    /// Items that one who is waited for may take without the lock.
    struct batch {
        typename broadcast_ring<T>::slot* from = nullptr;
        unsigned items = 0;
    };

    /// Half of what there is for `s`, so that room is given back before all of it is taken.
    [[gnu::noinline]] batch claim(subscriber_type& s, unsigned limit) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        count(s, later);
        const auto position = s.position();
        if (!s.here || position == ring_.tail())
            return {};
        const auto items = std::min<std::uint64_t>(
            {limit, (ring_.tail() - position + 1) / 2, ring_.chunk_end(position) - position});
        return {&ring_.at(position), static_cast<unsigned>(items)};
    }

    [[gnu::noinline]] void settle(subscriber_type& s) {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        count(s, later);
    }

    /// Counts what a batch has taken, and lets those put that waited for it.
    void count(subscriber_type& s, afterwards& later) noexcept {
        const auto taken = s.position() - s.counted;
        if (taken == 0)
            return;
        ring_.let_go(std::exchange(s.counted, s.position()), s.position());
        s.delivered += taken;
        delivered_ += taken;
        if (closed_ && !has_item(s))
            tell_drained(s, later);
        if (&s == blocker_ || budget_)
            admit(later);
    }

    std::size_t count_behind() const noexcept {
        std::size_t count = 0;
        for (const auto& list : peers_)
            for (const auto* s : list)
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
        if (may_put() && afford_first(later))
            admit_first(later);
        ++unready_;
    }

    subscriber_ptr unpark(subscriber_type& s) noexcept {
        if (s.care == attention::lockstep && s.here)
            ++unready_;
        note_change(s);
        return parked_.remove(s);
    }

    // --- coming and going ------------------------------------------------------------------------

    void add_to_peers(subscriber_type& s) {
        s.index = static_cast<std::uint32_t>(peers(s.care).size());
        peers(s.care).push_back(&s);
    }

    void remove_from_peers(subscriber_type& s) noexcept {
        auto& list = peers(s.care);
        list[s.index] = list.back();
        list[s.index]->index = s.index;
        list.pop_back();
        if (s.care == attention::lockstep && !s.queued)
            --unready_;
        if (s.has_patience())
            --patient_;
        if (&s == blocker_)
            blocker_ = nullptr;
        easy_until_ = 0;
    }

    /// Passes over one item.
    void skip(subscriber_type& s, afterwards& later) noexcept {
        const auto position = s.position();
        later.lose(s, *ring_.at(position).item);
        ring_.let_go(position);
        move_to(s, position + 1);
    }

    /// Passes over all that a subscriber has before it; how many that was.
    std::uint64_t skip_all(subscriber_type& s, afterwards& later) noexcept {
        if (s.care == attention::copied) {
            if (!s.rare)
                return 0;
            const auto had = s.rare->copies.size();
            for (auto& item : s.rare->copies)
                later.lose(s, item);
            s.rare->copies.clear();
            return had;
        }
        catch_up(s);
        const auto had = tail_of(s) - s.position();
        for (const auto to = tail_of(s); s.position() != to;)
            skip(s, later);
        return had;
    }

    /// Precondition: it is not parked and has nothing before it.
    void remove(subscriber_type& s, afterwards& later) noexcept {
        s.gone = true;
        if (!s.here)
            return;
        s.here = false;
        remove_from_peers(s);
        if (--active_ == 0) {
            unclaimed_from_ = ring_.tail();
            if (none_ == streamx::no_subscribers::fail)
                fail_puts(errc::no_subscribers, later);
        }
    }

    // --- patience --------------------------------------------------------------------------------

    /// Whether a put is to wait for it. Precondition: it is here.
    bool holds_back(const subscriber_type& s) const noexcept {
        if (s.care == attention::lockstep)
            return !s.queued;
        return s.care == attention::limited && s.policy == overflow::wait &&
               s.is_full(ring_.tail());
    }

    /// Whether a put waits for somebody whom this coroutine looks after, who does not ask while it
    /// awaits something else. Only a few subscribers are looked at.
    bool is_held_back_by(const void* coroutine) const noexcept {
        if (active_ > few)
            return false;
        for (const auto care : {attention::lockstep, attention::limited})
            for (const auto* s : peers(care))
                if (s->consumer.load(std::memory_order_relaxed) == coroutine && holds_back(*s) &&
                    !s->has_patience())
                    return true;
        return false;
    }

    /// One that is waited for, if there is one.
    const subscriber_type* slowest() const noexcept {
        for (const auto* s : peers(attention::lockstep))
            if (!s->queued)
                return s;
        return blocker_ && holds_back(*blocker_) ? blocker_ : nullptr;
    }

    /// A put has come to wait, or another is the first now.
    void time_patience(afterwards& later) const noexcept {
        if (patient_ != 0 && !watching_ && !puts_.empty())
            later.patience = patience_change::start;
    }

    clock::time_point patience_ends(const subscriber_type& s) const noexcept {
        return s.has_patience() && holds_back(s) ? detail::later(held_since_, s.rare->patience)
                                                 : clock::time_point::max();
    }

    clock::time_point patience_ends() const noexcept {
        auto first = clock::time_point::max();
        for (const auto care : {attention::lockstep, attention::limited})
            for (const auto* s : peers(care))
                first = std::min(first, patience_ends(*s));
        return first;
    }

    void patience_is_over() {
        afterwards later(*this);
        std::lock_guard lock(mutex_);
        watching_ = false;
        if (puts_.empty())
            return;
        const auto now = clock_->now();
        for (const auto care : {attention::lockstep, attention::limited})
            for (auto i = peers(care).size(); i-- != 0;) // who goes is replaced by the last
                if (patience_ends(*peers(care)[i]) <= now)
                    fall_back(*peers(care)[i], later);
        time_patience(later);
        admit(later);
    }

    /// Nobody waits for it any more: from now on it has its second policy.
    void fall_back(subscriber_type& s, afterwards& later) {
        const auto then = s.rare->then;
        if (then == overflow::fail || then == overflow::disconnect) {
            s.policy = then;
            return cut_off(s, *puts_.front()->item, later);
        }
        const auto capacity = std::max<std::size_t>(s.capacity, 1);
        const auto care = s.care_for(then, capacity);
        peers(care).reserve(peers(care).size() + 1); // below nothing may fail
        remove_from_peers(s);
        s.rare->patience = clock::duration::max();
        s.policy = then;
        s.capacity = capacity;
        s.care = care;
        add_to_peers(s);
        ring_.need(capacity);
        if (s.care == attention::copied)
            copy_all(s, later);
        look_again();
    }

    mutable std::mutex mutex_;
    std::unique_ptr<account> budget_; // from the start, or never
    std::shared_ptr<named> shown_;
    std::uint64_t easy_until_ = 0; // up to here a put has nothing to look at but these four
    typename broadcast_ring<T>::slot* easy_place_ = nullptr; // where the next item goes then
    std::uint32_t easy_takers_ = 0;                          // and how many will take it
    broadcast_ring<T> ring_;
    std::uint64_t roomy_until_ = 0; // up to here no limited subscriber can be full
    std::size_t unready_ = 0;       // lockstep subscribers that do not ask
    std::size_t active_ = 0;
    subscriber_type* blocker_ = nullptr; // limited, full, and waited for
    waiter_list<subscriber_type> parked_;
    waiter_list<put_type> puts_;
    waiter_list<put_type> watchers_;           // of the number of subscribers
    put_ptr spare_;                            // what the next put may wait with
    std::array<peer_list, 4> peers_;           // by attention
    std::vector<std::weak_ptr<timer>> drains_; // who wait until all is taken
    std::size_t behind_ = 0;                   // subscribers who have not, if somebody waits for it
    std::exception_ptr failure_;
    asio::any_io_executor executor_;
    const hook on_undelivered_;
    const streamx::no_subscribers none_;
    const std::shared_ptr<clock> clock_;
    std::shared_ptr<timer> patience_timer_;
    std::size_t patient_ = 0;      // subscribers who are not waited for for ever
    clock::time_point held_since_; // since when the first put waits to be accepted, being the first
    std::uint64_t unclaimed_from_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t undelivered_ = 0;
    std::uint64_t discarded_ = 0;
    std::uint64_t discarded_unseen_ = 0; // of these, what was never in the ring
    std::uint64_t times_blocked_ = 0;
    std::size_t puts_waiting_ = 0;
    std::chrono::nanoseconds blocked_for_{0};
    bool closed_ = false;
    bool watching_ = false; // patience is being timed
    std::atomic<std::uint32_t> holders_ = 0;
    std::atomic<unsigned> run_ = 0;
};

} // namespace streamx::detail
