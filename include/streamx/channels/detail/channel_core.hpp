#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/coarse_clock.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/channels/detail/segments.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/run_scope.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
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
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::detail {

/// A rendezvous holds nothing, so there is no oldest item to drop.
inline void check_capacity(std::size_t capacity, overflow policy, const char* message) {
    if (capacity == 0 && policy == overflow::drop_oldest)
        throw std::invalid_argument(message);
}

/// What came of an attempt. `queued`: it waits, and its waiter will be woken.
enum class send_result { sent, full, closed, queued, exceeds_budget };

/// Where a receiver is: the items from `next` to `last` are its own to take without the lock.
template <class T>
struct cursor {
    T* next = nullptr;
    T* last = nullptr;
    bool failed = false; ///< has been told of the failure that closed the channel
};

/// The state that the two ends of a channel share: a bounded queue, and who waits at its edges.
///
/// A receiver that is the only one takes all that is there under one lock and serves it without;
/// what it has not served yet is still in the channel, so the bound is strict. Items of waiting
/// senders are moved in, in order, by whoever makes room: nobody who comes later can overtake them.
template <class T, class Lock>
class channel_core {
public:
    using waiter_type = waiter<T, Lock>;
    using waiter_ptr = detail::waiter_ptr<T, Lock>;
    using hook = std::function<void(T&&)>;
    using weigher = std::function<std::size_t(const T&)>;

    channel_core(
        asio::any_io_executor ex, std::size_t capacity, overflow policy, hook on_undelivered)
        : capacity_(capacity), executor_(std::move(ex)), overflow_(policy),
          has_hook_(on_undelivered != nullptr) {
        if (has_hook_)
            rare().on_undelivered = std::move(on_undelivered);
    }

    /// Its items count against a budget. Called before the channel is used.
    void share(std::shared_ptr<budget_state> in, weigher w) {
        rare().budget = std::make_unique<account>(std::move(in), *this, std::move(w));
        has_budget_ = true;
        plan_room();
    }

    /// It is seen under this name by `dump_graph`. Called before the channel is used.
    void show(std::string name) {
        auto& context = asio::query(executor_, asio::execution::context);
        rare().shown = std::make_shared<named>(context, *this, std::move(name));
        graph_node::show(context, rare_->shown);
    }

    ~channel_core() {
        if (rare_ && rare_->shown)
            rare_->shown->finish();
        for (auto position = head_.load(); position != tail_.load(); ++position)
            std::destroy_at(segments_.to_read(position));
    }

    // --- senders ---------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched. Items that the policy drops go to the hook.
    send_result try_send(T& item, std::uint32_t endpoint) {
        {
            std::lock_guard lock(lock_);
            const auto position = tail_.load(std::memory_order_relaxed);
            if (position < easy_until_) [[likely]] {
                std::construct_at(next_place_, std::move(item));
                ++next_place_;
                tail_.store(position + 1, std::memory_order_release);
                return send_result::sent;
            }
        }
        return send(item, endpoint);
    }

    /// Takes the item of `w`, or queues it until there is room if the policy is to wait.
    send_result send_or_queue(const waiter_ptr& w) {
        dropped_item dropped(*this);
        wakes woken;
        w->weight = weigh(*w->item);
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        if (!can_ever_afford(w->weight))
            return send_result::exceeds_budget;
        auto result = send_result::sent;
        if (may_send(w->owner) && afford(w->weight))
            push(*w->item, w->weight, woken);
        else if (overflow_ == overflow::wait)
            return queue_sender(w, wants::to_send, woken);
        else
            result = overflows(*w->item, w->weight, dropped, woken);
        w->accepted = result == send_result::sent;
        return result;
    }

    /// Keeps a slot for `w`, or queues it until there is one.
    send_result reserve_or_queue(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        w->weight = 0; // it is weighed when it comes
        if (!may_send(w->owner))
            return queue_sender(w, wants::permit, woken);
        keep_slot();
        w->what = wants::permit;
        w->accepted = true;
        return send_result::sent;
    }

    /// Uses a kept slot. False: closed meanwhile, and the item is untouched. If its move throws,
    /// the slot is still kept.
    bool send_reserved(T& item) {
        wakes woken;
        const auto weight = weigh(item);
        std::lock_guard lock(lock_);
        if (!closed_)
            push(item, weight, woken);
        --reserved_;
        easy_until_ = 0;
        return !closed_;
    }

    void give_back_slot() {
        wakes woken;
        std::lock_guard lock(lock_);
        --reserved_;
        admit(woken);
    }

    /// Queues `w` until `try_send` is worth calling, unless it is now, or the policy is not to wait.
    send_result room_or_queue(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        w->weight = has_budget_ ? rare_->budget->refused : 0;
        if (!can_ever_afford(w->weight))
            return send_result::exceeds_budget;
        if (overflow_ == overflow::wait &&
            (!may_send(w->owner) || (has_budget_ && !rare_->budget->fits(w->weight))))
            return queue_sender(w, wants::room, woken);
        // Under `fail` who is told to try again would be told so again and again.
        const bool fails = overflow_ == overflow::fail && !may_send(w->owner);
        return fails ? send_result::full : send_result::sent;
    }

    // --- receivers -------------------------------------------------------------------------------

    poll<T> try_receive(cursor<T>& c) {
        if (c.next == c.last) [[unlikely]]
            return refill(c);
        poll<T> item(std::move(*c.next));
        std::destroy_at(c.next++);
        taken(head_.load(std::memory_order_relaxed) + 1);
        return item;
    }

    /// All that can be taken now. While it runs nobody else touches the cursor.
    template <class Take>
    [[gnu::always_inline]] halt each_ready(cursor<T>& c, Take&& take) {
        for (unsigned left = budget; left != 0; --left) {
            {
                hot next(c.next);
                auto head = head_.load(std::memory_order_relaxed);
                for (T* const last = c.last; *next != last; --left) {
                    if (left == 0) [[unlikely]]
                        return halt::spent;
                    T item(std::move(**next));
                    std::destroy_at((*next)++);
                    taken(++head);
                    if (!take(std::move(item))) [[unlikely]]
                        return halt::asked;
                }
            }
            if (left == 0) [[unlikely]]
                break;
            auto item = refill(c);
            if (!item)
                return item.is_end() ? halt::end : halt::pending;
            if (!take(*std::move(item))) [[unlikely]]
                return halt::asked;
        }
        return halt::spent;
    }

    /// Takes what can be taken now, up to `limit` items in all, and no end or failure.
    void take_ready(cursor<T>& c, std::vector<T>& items, std::size_t limit) {
        while (items.size() < limit) {
            auto item = c.next == c.last ? refill(c, false) : try_receive(c);
            if (!item)
                return;
            items.push_back(*std::move(item));
        }
    }

    /// The end of a stretch in which senders were let in by the batch.
    void settle() {
        batching_.store(false, std::memory_order_relaxed);
        make_room();
    }

    /// Queues `w` until there is something to take, an end or a failure; false if there is now.
    bool queue_receiver(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(lock_);
        if (closed_ ||
            head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_relaxed))
            return false;
        w->what = wants::item;
        if (receivers_.empty())
            note_change(&named::receivers_since);
        receivers_.push_back(w);
        ++receivers_waiting_;
        easy_until_ = 0;
        admit(woken); // a rendezvous: there is room for one more now
        return true;
    }

    // --- both ------------------------------------------------------------------------------------

    bool is_queued(const waiter_type& w) const {
        std::lock_guard lock(lock_);
        return w.queued;
    }

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

    /// A woken waiter of `endpoint` has had its turn: what it has left is for those behind it.
    void pass_on(std::uint32_t endpoint) {
        wakes woken;
        std::lock_guard lock(lock_);
        if (invited_ == endpoint)
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
        rare().watchers.push_back(w);
        return true;
    }

    void close(std::exception_ptr failure = nullptr) {
        wakes woken;
        std::lock_guard lock(lock_);
        close_locked(std::move(failure), woken);
    }

    std::uint32_t add_sender() { return add(senders_alive_); }
    std::uint32_t add_receiver() { return add(receivers_alive_); }

    /// The last sender's going is the end of the stream.
    void remove_sender(std::uint32_t endpoint) {
        wakes woken;
        std::lock_guard lock(lock_);
        abandon(senders_, endpoint, woken);
        if (rare_)
            abandon(rare_->watchers, endpoint, woken);
        if (invited_ == endpoint)
            invited_ = 0;
        if (--senders_alive_ == 0)
            close_locked(nullptr, woken);
        else
            admit(woken);
    }

    /// When the last receiver goes, senders are told and what is left is undelivered.
    void remove_receiver(std::uint32_t endpoint) {
        bool last = false;
        {
            wakes woken;
            std::lock_guard lock(lock_);
            abandon(receivers_, endpoint, woken);
            if (rare_)
                abandon(rare_->watchers, endpoint, woken);
            last = --receivers_alive_ == 0;
            if (last)
                close_locked(nullptr, woken);
        }
        if (last)
            discard(0, &rarely::undelivered);
    }

    /// What nobody will receive any more goes to the hook; an item of a send that failed, too.
    void undelivered(T&& item) noexcept {
        if (!has_hook_) // with one, rare_ is there from the start and is read without the lock
            return;
        try {
            rare_->on_undelivered(std::move(item));
        } catch (...) { // nobody is there to tell: who caused it may be a destructor
            log(log_level::error, "on_undelivered threw; its item is lost");
        }
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
        {
            wakes woken;
            std::lock_guard lock(lock_);
            check_capacity(
                capacity, overflow_, "set_capacity: capacity must be at least 1 with drop_oldest");
            capacity_ = capacity;
            easy_until_ = 0;
            plan_room();
            admit(woken);
        }
        if (overflow_ == overflow::drop_oldest)
            discard(capacity, &rarely::dropped_oldest);
    }

    channel_stats stats() const {
        std::lock_guard lock(lock_);
        channel_stats s;
        s.sent = tail_.load(std::memory_order_relaxed);
        s.received = head_.load(std::memory_order_acquire);
        s.high_water = high_water_;
        if (rare_) {
            s.received -= rare_->dropped_oldest + rare_->undelivered;
            s.dropped = rare_->dropped_oldest + rare_->dropped_newest;
            s.undelivered = rare_->undelivered;
            s.times_blocked = rare_->times_blocked;
            s.blocked_for = rare_->blocked_for;
        }
        for (auto* w = senders_.front(); w; w = w->next)
            s.blocked_for += coarse_now() - w->since;
        return s;
    }

    /// The executor of the ends that have no other.
    const asio::any_io_executor& executor() const noexcept { return executor_; }

    friend void intrusive_ptr_add_ref(channel_core* core) noexcept { ++core->holders_; }
    friend void intrusive_ptr_release(channel_core* core) noexcept {
        if (--core->holders_ == 0)
            delete core;
    }

private:
    using waiters = waiter_list<waiter_type>;

    /// What is done once the lock is let go: others get what was set free, and then who was waited
    /// for is woken.
    struct wakes : wake_list<waiter_type> {
        budget_release budget;
    };

    /// What the items in this channel weigh.
    struct account final : budget_account {
        account(std::shared_ptr<budget_state> in, channel_core& c, weigher w)
            : budget_account(std::move(in)), core(c), weigh(std::move(w)) {}

        void hold() noexcept override { intrusive_ptr_add_ref(&core); }
        void let_go() noexcept override { intrusive_ptr_release(&core); }
        void granted() override { core.make_room(); }

        channel_core& core;
        const weigher weigh;
        std::size_t refused = 0; ///< the last item that found no room
    };

    /// How a channel with a name is seen.
    struct named final : graph_node {
        named(asio::execution_context& context, channel_core& c, std::string n)
            : graph_node(context), core(c), name(std::move(n)), senders_since(now()),
              receivers_since(senders_since) {}

        graph_part describe() override { return core.describe(*this); }

        channel_core& core;
        const std::string name;
        clock::time_point senders_since; ///< they run, or wait
        clock::time_point receivers_since;
    };

    graph_part describe(const named& as) const {
        std::lock_guard lock(lock_);
        graph_part part{
            .name = as.name,
            .holds = std::to_string(tail_.load() - head_.load()) + " of " +
                     std::to_string(capacity_) + " items"};
        graph_end from = end_of("sender", senders_alive_, as.senders_since, senders_.empty());
        graph_end to = end_of("receiver", receivers_alive_, as.receivers_since, receivers_.empty());
        if (!senders_.empty()) {
            from.state = graph_state::waits_for_room;
            from.behind = has_budget_ && has_room() ? "others who share its budget" : to.who;
        }
        if (!receivers_.empty())
            to.state = graph_state::waits_for_item;
        part.from.push_back(std::move(from));
        part.to.push_back(std::move(to));
        return part;
    }

    graph_end
    end_of(const std::string& what, std::size_t alive, clock::time_point since, bool nobody) const {
        const bool over = alive == 0 || (closed_ && nobody);
        return {
            .who = alive < 2 ? what : std::to_string(alive) + ' ' + what + 's',
            .state = over ? graph_state::over : graph_state::running,
            .since = since};
    }

    /// What most channels never need, made when it is first needed.
    struct rarely {
        hook on_undelivered;
        std::exception_ptr failure;
        waiters watchers;
        std::uint64_t dropped_oldest = 0;
        std::uint64_t dropped_newest = 0;
        std::uint64_t undelivered = 0;
        std::uint64_t times_blocked = 0;
        std::chrono::nanoseconds blocked_for{0};
        std::unique_ptr<account> budget; // from the start: `has_budget_`
        std::shared_ptr<named> shown;    // from the start, or never
    };

    rarely& rare() {
        if (!rare_)
            rare_ = std::make_unique<rarely>();
        return *rare_;
    }

    /// Whether an endpoint may send now: there is room, and nobody comes before it.
    bool may_send(std::uint32_t endpoint) {
        return (invited_ ? invited_ == endpoint : senders_.empty()) && has_room();
    }

    bool has_room() const {
        if (capacity_ == 0) // a rendezvous: as many as receivers wait
            return receivers_waiting_ > reserved_;
        const auto used = tail_.load(std::memory_order_relaxed) + reserved_;
        if (used - seen_head_ < capacity_) [[likely]]
            return true;
        seen_head_ = head_.load(std::memory_order_seq_cst);
        return used - seen_head_ < capacity_;
    }

    /// An item on its way to the hook, which is called once the lock is let go: declare it before
    /// that.
    struct dropped_item {
        explicit dropped_item(channel_core& c) noexcept : core(c) {}
        dropped_item(const dropped_item&) = delete;
        dropped_item& operator=(const dropped_item&) = delete;
        ~dropped_item() {
            if (item)
                core.undelivered(*std::move(item));
            if (newest)
                core.undelivered(*std::move(newest));
        }

        channel_core& core;
        std::optional<T> item;
        std::optional<T> newest;
    };

    // --- the budget ------------------------------------------------------------------------------

    std::size_t weigh(const T& item) const { return has_budget_ ? rare_->budget->weigh(item) : 0; }

    bool can_ever_afford(std::size_t weight) const noexcept {
        return !has_budget_ || weight <= rare_->budget->budget().limit();
    }

    /// Whether there is room for an item of that weight; it is set aside then.
    bool afford(std::size_t weight) {
        if (!has_budget_) [[likely]]
            return true;
        rare_->budget->refused = weight;
        return rare_->budget->set_aside(weight);
    }

    /// The same for the first sender that waits: if not, it waits for its turn.
    bool afford_first() {
        const auto weight = senders_.front()->weight;
        if (!has_budget_ || rare_->budget->set_aside(weight))
            return true;
        rare_->budget->wait_for(weight);
        return false;
    }

    /// What has left the channel weighs nothing any more.
    void settle_budget(wakes& woken) {
        woken.budget.of(*rare_->budget);
        rare_->budget->keep_last(
            tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire));
    }

    void admit_within_budget(wakes& woken) {
        settle_budget(woken);
        while (!invited_ && !senders_.empty() && has_room()) {
            if (!afford_first())
                return;
            admit_first(woken);
        }
        if (!invited_)
            rare_->budget->give_up();
    }

    // --- sending ---------------------------------------------------------------------------------

    /// `try_send` where it is not easy.
    [[gnu::noinline]] send_result send(T& item, std::uint32_t endpoint) {
        dropped_item dropped(*this);
        wakes woken;
        const auto weight = weigh(item);
        std::lock_guard lock(lock_);
        if (closed_)
            return send_result::closed;
        if (!can_ever_afford(weight)) {
            rare_->budget->refused = weight;
            return send_result::full;
        }
        if (!may_send(endpoint) || !afford(weight))
            return overflows(item, weight, dropped, woken);
        push(item, weight, woken);
        return send_result::sent;
    }

    /// Precondition: there is room, and what it weighs is set aside.
    void push(T& item, std::size_t weight, wakes& woken) {
        const auto position = tail_.load(std::memory_order_relaxed);
        T* place = segments_.to_write(position);
        if (has_budget_) [[unlikely]] {
            woken.budget.of(*rare_->budget);
            rare_->budget->add(weight);
        }
        try {
            std::construct_at(place, std::move(item));
        } catch (...) {
            if (has_budget_)
                rare_->budget->remove_last();
            throw;
        }
        tail_.store(position + 1, std::memory_order_release);
        if (position + 1 - seen_head_ > high_water_) {
            seen_head_ = head_.load(std::memory_order_acquire);
            high_water_ = std::max(high_water_, position + 1 - seen_head_);
        }
        notify_receiver(woken);
        // As long as nobody waits, the next items need only be put behind this one: up to the end
        // of the segment, of the room that is known of, and of the most that was ever in the
        // channel.
        next_place_ = place + 1;
        easy_until_ = !has_budget_ && !invited_ && senders_.empty() && receivers_.empty() &&
                              capacity_ > reserved_
                          ? std::min(
                                {segments_.write_end(),
                                 seen_head_ + capacity_ - reserved_,
                                 seen_head_ + high_water_})
                          : 0;
    }

    void keep_slot() {
        ++reserved_;
        easy_until_ = 0;
        plan_room();
    }

    send_result overflows(T& item, std::size_t weight, dropped_item& dropped, wakes& woken) {
        switch (overflow_) {
        case overflow::drop_oldest:
            if (head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_relaxed)) {
                take_into(dropped.item);
                ++rare().dropped_oldest;
                if (has_budget_)
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

    /// Moves the oldest item out; if that throws, it is still there.
    void take_into(std::optional<T>& item) {
        const auto position = head_.load(std::memory_order_relaxed);
        T* place = segments_.to_read(position);
        item.emplace(std::move(*place));
        std::destroy_at(place);
        head_.store(position + 1, std::memory_order_release);
    }

    void notify_receiver(wakes& woken) {
        if (auto* w = receivers_.front()) {
            auto p = remove(*w);
            p->leaves_rest = !receivers_.empty();
            woken.add(std::move(p));
        }
    }

    send_result queue_sender(const waiter_ptr& w, wants what, wakes& woken) {
        w->what = what;
        w->accepted = false;
        w->since = coarse_now();
        ++rare().times_blocked;
        if (senders_.empty())
            note_change(&named::senders_since);
        senders_.push_back(w);
        easy_until_ = 0;
        plan_room();
        admit(woken); // room that a receiver made just now, without a look at us
        return send_result::queued;
    }

    /// One end begins to wait, or to run.
    void note_change(clock::time_point named::* since) noexcept {
        if (rare_ && rare_->shown)
            (*rare_->shown).*since = rare_->shown->now();
    }

    waiter_ptr unqueue_receiver(waiter_type& w) {
        --receivers_waiting_;
        auto p = receivers_.remove(w);
        if (receivers_.empty())
            note_change(&named::receivers_since);
        return p;
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
        auto p = senders_.remove(w);
        if (senders_.empty())
            note_change(&named::senders_since);
        rare_->blocked_for += coarse_now() - w.since;
        plan_room();
        return p;
    }

    /// While senders wait, a receiver lets them in as soon as a slot is free; in a stretch in which
    /// it is asked again at once when half of the capacity is, so that they do not take turns item
    /// by item.
    void plan_room() noexcept {
        auto at = never;
        auto half = never;
        if (has_budget_) {
            at = half = 0; // every item that leaves makes room, perhaps elsewhere
        } else if (!senders_.empty()) {
            const auto free = capacity_ > reserved_ ? capacity_ - reserved_ : 0;
            const auto tail = tail_.load(std::memory_order_relaxed);
            const auto position = [&](std::size_t enough) {
                return tail + enough > free ? tail + enough - free : 0;
            };
            at = position(std::min<std::size_t>(free, 1));
            half = position(std::min(free, std::max<std::size_t>(capacity_ / 2, 1)));
        }
        make_much_room_at_.store(half, std::memory_order_relaxed);
        make_room_at_.store(at, std::memory_order_seq_cst);
    }

    /// A receiver has taken up to `head`. Senders and receiver each write what they have done
    /// before they look at what the other has (in one order for all: a sender that has seen no room
    /// is seen).
    void taken(std::size_t head) {
        if constexpr (std::is_same_v<Lock, null_lock>) {
            head_.store(head, std::memory_order_relaxed);
            if (head >= make_room_at_.load(std::memory_order_relaxed)) [[unlikely]]
                make_room();
        } else if (batching_.load(std::memory_order_relaxed)) [[likely]] {
            head_.store(head, std::memory_order_release);
            if (head >= make_much_room_at_.load(std::memory_order_relaxed)) [[unlikely]]
                make_room();
        } else {
            head_.store(head, std::memory_order_seq_cst);
            if (head >= make_room_at_.load(std::memory_order_seq_cst)) [[unlikely]]
                make_room();
        }
    }

    /// Gives room to the senders that wait, first come first served. One that is to try again is
    /// invited to: until it has, those behind it wait.
    void admit(wakes& woken) {
        if (has_budget_) [[unlikely]]
            return admit_within_budget(woken);
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
            invited_ = w->owner;
            easy_until_ = 0;
            break;
        }
        woken.add(std::move(w), result);
    }

    void make_room() {
        wakes woken;
        std::lock_guard lock(lock_);
        admit(woken);
    }

    [[gnu::noinline]] poll<T> refill(cursor<T>& c, bool tells_end = true) {
        wakes woken;
        std::lock_guard lock(lock_);
        const auto head = head_.load(std::memory_order_relaxed);
        // A receiver that finds nothing takes from the first sender that waits, whatever the
        // capacity.
        while (tail_.load(std::memory_order_relaxed) == head && !senders_.empty() &&
               senders_.front()->what == wants::to_send && afford_first())
            admit_first(woken);
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail == head) {
            if (!closed_ || !tells_end)
                return pending;
            if (rare_ && rare_->failure && !std::exchange(c.failed, true))
                std::rethrow_exception(rare_->failure);
            return end;
        }
        T* place = segments_.to_read(head);
        poll<T> item(std::move(*place));
        std::destroy_at(place);
        head_.store(head + 1, std::memory_order_release);
        const bool alone = receivers_alive_ == 1 && overflow_ != overflow::drop_oldest;
        c.next = place + 1;
        c.last = alone ? place + (std::min(tail, segments_.read_end()) - head) : c.next;
        if constexpr (!std::is_same_v<Lock, null_lock>)
            if (alone && !batching_.load(std::memory_order_relaxed))
                batching_.store(run_scope::note(this), std::memory_order_relaxed);
        if (head + 1 >= make_room_at_.load(std::memory_order_relaxed))
            admit(woken);
        return item;
    }

    void close_locked(std::exception_ptr failure, wakes& woken) {
        if (closed_)
            return;
        closed_ = true;
        easy_until_ = 0;
        if (failure)
            rare().failure = std::move(failure);
        while (auto* w = senders_.front())
            woken.add(remove(*w), errc::closed);
        while (auto* w = receivers_.front())
            woken.add(remove(*w));
        while (auto* w = rare_ ? rare_->watchers.front() : nullptr)
            woken.add(remove(*w));
        if (has_budget_) {
            rare_->budget->give_up();
            settle_budget(woken);
        }
    }

    std::uint32_t add(std::uint32_t& alive) {
        std::lock_guard lock(lock_);
        ++alive;
        return ++endpoints_;
    }

    /// Aborts the operations of an endpoint that has gone.
    void abandon(waiters& list, std::uint32_t endpoint, wakes& woken) {
        for (auto* w = list.front(); w;) {
            auto* next = w->next;
            if (w->owner == endpoint)
                woken.add(remove(*w), asio::error::operation_aborted);
            w = next;
        }
    }

    /// Takes items out, one by one, as long as there are more than `keep`, counts them and gives
    /// them to the hook.
    void discard(std::size_t keep, std::uint64_t rarely::* count) {
        for (;;) {
            dropped_item item(*this);
            wakes woken;
            std::lock_guard lock(lock_);
            if (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_relaxed) <=
                keep)
                return;
            take_into(item.item);
            ++(rare().*count);
            if (has_budget_)
                settle_budget(woken);
        }
    }

    static constexpr auto never = std::numeric_limits<std::size_t>::max();

    // What every send writes.
    mutable Lock lock_;
    std::atomic<std::size_t> tail_ = 0; // items sent so far
    std::size_t easy_until_ = 0;        // up to here a send has nothing to look at but this
    T* next_place_ = nullptr;           // where the item at tail_ goes, while it is easy

    // What is written now and then.
    std::size_t capacity_;
    mutable std::size_t seen_head_ = 0; // what the senders know of head_
    std::size_t high_water_ = 0;
    waiters senders_;
    waiters receivers_;
    segments<T> segments_;
    std::unique_ptr<rarely> rare_;
    asio::any_io_executor executor_;
    holder_count<Lock> holders_ = 0;
    std::uint32_t reserved_ = 0;
    std::uint32_t receivers_waiting_ = 0;
    std::uint32_t invited_ = 0;   // the endpoint that was woken to try again and has not yet
    std::uint32_t endpoints_ = 0; // ends made so far: the last one's name
    std::uint32_t senders_alive_ = 0;
    std::uint32_t receivers_alive_ = 0;
    overflow overflow_;
    bool closed_ = false;
    const bool has_hook_;
    bool has_budget_ = false;
    std::atomic<bool> batching_ = false; // senders are let in by the batch, until `settle`

    // What a receiver writes and looks at with every item: far from what the senders write.
    std::atomic<std::size_t> make_room_at_ =
        never; // when so many were taken, senders that wait go on
    std::atomic<std::size_t> make_much_room_at_ = never; // ... when they go on by the batch
    std::atomic<std::size_t> head_ = 0;                  // items taken so far
};

template <class T, class Lock>
using core_ptr = boost::intrusive_ptr<channel_core<T, Lock>>;

} // namespace streamx::detail
