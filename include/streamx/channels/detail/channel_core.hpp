#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/channel_flow.hpp>
#include <streamx/channels/detail/channel_view.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/run_scope.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>

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
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::detail {

/// The state that the two ends of a channel share, and its lock: a bounded queue, and who waits at
/// its edges. What happens under the lock is the `flow`.
///
/// A receiver that is the only one takes all that is there under one lock and serves it without;
/// what it has not served yet is still in the channel, so the bound is strict.
template <class T, class Lock>
class channel_core {
public:
    using waiter_type = waiter<T, Lock>;
    using waiter_ptr = detail::waiter_ptr<T, Lock>;
    using hook = std::function<void(T&&)>;
    using weigher = std::function<std::size_t(const T&)>;

    channel_core(
        asio::any_io_executor ex, std::size_t capacity, overflow policy, hook on_undelivered)
        : executor_(std::move(ex)), has_hook_(on_undelivered != nullptr), flow_(capacity, policy) {
        if (has_hook_)
            flow_.rare().on_undelivered = std::move(on_undelivered);
    }

    /// Its items count against a budget. Called before the channel is used.
    void share(std::shared_ptr<budget_state> in, weigher w) {
        flow_.rare().budget =
            std::make_unique<channel_account<T, Lock>>(std::move(in), *this, std::move(w));
        flow_.has_budget = true;
        flow_.plan_room();
    }

    /// It is seen under this name by `dump_graph`. Called before the channel is used.
    void show(std::string name) {
        auto& context = asio::query(executor_, asio::execution::context);
        auto& shown = flow_.rare().shown;
        shown = std::make_shared<channel_node<T, Lock>>(context, *this, std::move(name));
        graph_node::show(context, shown);
    }

    ~channel_core() {
        if (const auto* rare = flow_.rare_.get(); rare && rare->shown)
            rare->shown->finish();
    }

    // --- senders ---------------------------------------------------------------------------------

    /// Takes `item`, or leaves it untouched. Items that the policy drops go to the hook.
    send_result try_send(T& item, std::uint32_t endpoint) {
        {
            std::lock_guard lock(flow_.lock);
            auto& lane = flow_.lane;
            if (lane.tail.load(std::memory_order_relaxed) < lane.easy_until) [[likely]] {
                lane.push_easily(item);
                return send_result::sent;
            }
        }
        return send(item, endpoint);
    }

    /// Takes the item of `w`, or queues it until there is room if the policy is to wait.
    send_result send_or_queue(const waiter_ptr& w) {
        drops dropped(*this);
        wakes woken;
        w->weight = flow_.weigh(*w->item);
        std::lock_guard lock(flow_.lock);
        if (flow_.closed)
            return send_result::closed;
        if (!flow_.can_ever_afford(w->weight))
            return send_result::exceeds_budget;
        auto result = send_result::sent;
        if (flow_.may_send(w->owner) && flow_.afford(w->weight))
            flow_.push(*w->item, w->weight, woken);
        else if (flow_.policy == overflow::wait)
            return flow_.queue_sender(w, wants::to_send, woken);
        else
            result = flow_.overflows(*w->item, w->weight, dropped, woken);
        w->accepted = result == send_result::sent;
        return result;
    }

    /// Queues `w` until `try_send` is worth calling, unless it is now, or the policy is not to wait.
    send_result room_or_queue(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        if (flow_.closed)
            return send_result::closed;
        const auto* account = flow_.has_budget ? flow_.rare_->budget.get() : nullptr;
        w->weight = account ? account->refused : 0;
        if (!flow_.can_ever_afford(w->weight))
            return send_result::exceeds_budget;
        const bool may_send = flow_.may_send(w->owner);
        if (flow_.policy == overflow::wait && (!may_send || (account && !account->fits(w->weight))))
            return flow_.queue_sender(w, wants::room, woken);
        // Under `fail` who is told to try again would be told so again and again.
        return flow_.policy == overflow::fail && !may_send ? send_result::full : send_result::sent;
    }

    // --- permits ---------------------------------------------------------------------------------

    /// Keeps a slot for `w`, or queues it until there is one.
    send_result reserve_or_queue(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        if (flow_.closed)
            return send_result::closed;
        w->weight = 0; // it is weighed when it comes
        if (!flow_.may_send(w->owner))
            return flow_.queue_sender(w, wants::permit, woken);
        flow_.keep_slot();
        w->what = wants::permit;
        w->accepted = true;
        return send_result::sent;
    }

    /// Uses a kept slot. False: closed meanwhile, and the item is untouched. If its move throws,
    /// the slot is still kept.
    bool send_reserved(T& item) {
        wakes woken;
        const auto weight = flow_.weigh(item);
        std::lock_guard lock(flow_.lock);
        if (!flow_.closed)
            flow_.push(item, weight, woken);
        --flow_.lane.reserved;
        flow_.lane.easy_until = 0;
        return !flow_.closed;
    }

    void give_back_slot() {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        --flow_.lane.reserved;
        flow_.admit(woken);
    }

    // --- receivers -------------------------------------------------------------------------------

    poll<T> try_receive(cursor<T>& c) {
        if (c.next == c.last) [[unlikely]]
            return refill(c);
        poll<T> item(std::move(*c.next));
        std::destroy_at(c.next++);
        taken(flow_.lane.head.load(std::memory_order_relaxed) + 1);
        return item;
    }

    /// All that can be taken now. While it runs nobody else touches the cursor.
    template <class Take>
    [[gnu::always_inline]] halt each_ready(cursor<T>& c, Take&& take) {
        for (unsigned left = budget; left != 0; --left) {
            {
                hot next(c.next);
                auto head = flow_.lane.head.load(std::memory_order_relaxed);
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
        flow_.lane.batching.store(false, std::memory_order_relaxed);
        make_room();
    }

    /// Queues `w` until there is something to take, an end or a failure; false if there is now.
    bool queue_receiver(const waiter_ptr& w) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        if (flow_.closed || !flow_.lane.empty())
            return false;
        flow_.queue_receiver(w, woken);
        return true;
    }

    // --- both ------------------------------------------------------------------------------------

    /// Lets senders in for whom there is room now.
    void make_room() {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        flow_.admit(woken);
    }

    bool is_queued(const waiter_type& w) const {
        std::lock_guard lock(flow_.lock);
        return w.queued;
    }

    /// Takes `w` out of its queue; false if it has been woken already, or was not queued.
    bool cancel(waiter_type& w) {
        wakes woken;
        waiter_ptr removed;
        std::lock_guard lock(flow_.lock);
        if (!w.queued)
            return false;
        removed = flow_.remove(w);
        flow_.admit(woken); // it may have stood in the way of others
        return true;
    }

    /// A woken waiter of `endpoint` has had its turn: what it has left is for those behind it.
    void pass_on(std::uint32_t endpoint) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        if (flow_.invited == endpoint)
            flow_.invited = 0;
        flow_.admit(woken);
        if (flow_.lane.size() != 0)
            flow_.notify_receiver(woken);
    }

    /// Queues `w` until the channel is closed; false if it is.
    bool queue_for_close(const waiter_ptr& w) {
        std::lock_guard lock(flow_.lock);
        if (flow_.closed)
            return false;
        w->what = wants::closed;
        flow_.rare().watchers.push_back(w);
        return true;
    }

    void close(std::exception_ptr failure = nullptr) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        flow_.close(std::move(failure), woken);
    }

    std::uint32_t add_sender() { return add(flow_.senders_alive); }
    std::uint32_t add_receiver() { return add(flow_.receivers_alive); }

    /// The last sender's going is the end of the stream.
    void remove_sender(std::uint32_t endpoint) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        flow_.abandon(endpoint, woken);
        if (--flow_.senders_alive == 0)
            flow_.close(nullptr, woken);
        else
            flow_.admit(woken);
    }

    /// When the last receiver goes, senders are told and what is left is undelivered.
    void remove_receiver(std::uint32_t endpoint) {
        bool last = false;
        {
            wakes woken;
            std::lock_guard lock(flow_.lock);
            flow_.abandon(endpoint, woken);
            last = --flow_.receivers_alive == 0;
            if (last)
                flow_.close(nullptr, woken);
        }
        if (last)
            discard(0, &rarely::undelivered);
    }

    /// What nobody will receive any more goes to the hook; an item of a send that failed, too.
    void undelivered(T&& item) noexcept {
        if (!has_hook_) // with one, `rare_` is there from the start and is read without the lock
            return;
        try {
            flow_.rare_->on_undelivered(std::move(item));
        } catch (...) { // nobody is there to tell: who caused it may be a destructor
            log(log_level::error, "on_undelivered threw; its item is lost");
        }
    }

    bool has_senders() const {
        std::lock_guard lock(flow_.lock);
        return flow_.senders_alive != 0;
    }

    bool is_open() const {
        std::lock_guard lock(flow_.lock);
        return !flow_.closed;
    }

    std::size_t size() const {
        std::lock_guard lock(flow_.lock);
        return flow_.lane.size();
    }

    std::size_t capacity() const {
        std::lock_guard lock(flow_.lock);
        return flow_.lane.capacity;
    }

    void set_capacity(std::size_t capacity) {
        {
            wakes woken;
            std::lock_guard lock(flow_.lock);
            check_capacity(
                capacity,
                flow_.policy,
                "set_capacity: capacity must be at least 1 with drop_oldest");
            flow_.lane.capacity = capacity;
            flow_.lane.easy_until = 0;
            flow_.plan_room();
            flow_.admit(woken);
        }
        if (flow_.policy == overflow::drop_oldest)
            discard(capacity, &rarely::dropped_oldest);
    }

    channel_stats stats() const {
        std::lock_guard lock(flow_.lock);
        return stats_of(flow_);
    }

    graph_part describe(const channel_node<T, Lock>& as) const {
        std::lock_guard lock(flow_.lock);
        return detail::describe(flow_, as);
    }

    /// The executor of the ends that have no other.
    const asio::any_io_executor& executor() const noexcept { return executor_; }

    friend void intrusive_ptr_add_ref(channel_core* core) noexcept { ++core->holders_; }
    friend void intrusive_ptr_release(channel_core* core) noexcept {
        if (--core->holders_ == 0)
            delete core;
    }

private:
    using flow = channel_flow<T, Lock>;
    using rarely = typename flow::rarely;
    using wakes = typename flow::wakes;
    using drops = typename flow::drops;

    /// `try_send` where it is not easy.
    [[gnu::noinline]] send_result send(T& item, std::uint32_t endpoint) {
        drops dropped(*this);
        wakes woken;
        const auto weight = flow_.weigh(item);
        std::lock_guard lock(flow_.lock);
        if (flow_.closed)
            return send_result::closed;
        if (!flow_.can_ever_afford(weight)) {
            flow_.rare_->budget->refused = weight;
            return send_result::full;
        }
        if (!flow_.may_send(endpoint) || !flow_.afford(weight))
            return flow_.overflows(item, weight, dropped, woken);
        flow_.push(item, weight, woken);
        return send_result::sent;
    }

    void taken(std::size_t head) {
        if (flow_.lane.taken(head)) [[unlikely]]
            make_room();
    }

    [[gnu::noinline]] poll<T> refill(cursor<T>& c, bool tells_end = true) {
        wakes woken;
        std::lock_guard lock(flow_.lock);
        auto& lane = flow_.lane;
        const auto head = lane.head.load(std::memory_order_relaxed);
        // A receiver that finds nothing takes from the first sender that waits, whatever the
        // capacity.
        while (lane.tail.load(std::memory_order_relaxed) == head && !flow_.senders.empty() &&
               flow_.senders.front()->what == wants::to_send && flow_.afford_first())
            flow_.admit_first(woken);
        const auto tail = lane.tail.load(std::memory_order_relaxed);
        if (tail == head) {
            if (!flow_.closed || !tells_end)
                return pending;
            if (flow_.rare_ && flow_.rare_->failure && !std::exchange(c.failed, true))
                std::rethrow_exception(flow_.rare_->failure);
            return end;
        }
        T* place = lane.places.to_read(head);
        poll<T> item(std::move(*place));
        std::destroy_at(place);
        lane.head.store(head + 1, std::memory_order_release);
        const bool alone = flow_.receivers_alive == 1 && flow_.policy != overflow::drop_oldest;
        c.next = place + 1;
        c.last = alone ? place + (std::min(tail, lane.places.read_end()) - head) : c.next;
        if constexpr (!std::is_same_v<Lock, null_lock>)
            if (alone && !lane.batching.load(std::memory_order_relaxed))
                lane.batching.store(run_scope::note(this), std::memory_order_relaxed);
        if (head + 1 >= lane.make_room_at.load(std::memory_order_relaxed))
            flow_.admit(woken);
        return item;
    }

    std::uint32_t add(std::uint32_t& alive) {
        std::lock_guard lock(flow_.lock);
        ++alive;
        return ++flow_.endpoints;
    }

    /// Takes items out, one by one, as long as there are more than `keep`, counts them and gives
    /// them to the hook.
    void discard(std::size_t keep, std::uint64_t rarely::* count) {
        for (;;) {
            drops dropped(*this);
            wakes woken;
            std::lock_guard lock(flow_.lock);
            if (flow_.lane.size() <= keep)
                return;
            flow_.lane.take_into(dropped.item);
            ++(flow_.rare().*count);
            if (flow_.has_budget)
                flow_.settle_budget(woken);
        }
    }

    asio::any_io_executor executor_;
    holder_count<Lock> holders_ = 0;
    const bool has_hook_;
    flow flow_;
};

template <class T, class Lock>
using core_ptr = boost::intrusive_ptr<channel_core<T, Lock>>;

} // namespace streamx::detail
