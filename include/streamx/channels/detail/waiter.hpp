#pragma once

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/error.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

template <class T, class Lock>
class channel_core;

/// A count of holders: atomic where threads meet.
template <class Lock>
using holder_count =
    std::conditional_t<std::is_same_v<Lock, null_lock>, std::uint32_t, std::atomic<std::uint32_t>>;

/// What a parked operation waits for.
enum class wants : unsigned char {
    item,    ///< a receiver: something to take
    room,    ///< a sender: a chance to try again
    to_send, ///< a sender: that its item is taken into the channel
    permit,  ///< a sender: a slot that is kept for it
    closed,  ///< either end: that the channel is closed
};

/// A gate in a channel's queue, and what its operation waits for. Guarded by the channel's lock, but for
/// the gate, the operation's hold on the channel, and the count of those who hold the waiter: its
/// endpoint, its operation, and the queue.
template <class T, class Lock>
struct waiter final : basic_gate<Lock> {
    boost::intrusive_ptr<channel_core<T, Lock>> core;
    waiter* next = nullptr;
    waiter* previous = nullptr;
    waiter* next_woken = nullptr;
    T* item = nullptr; ///< `to_send`: the item, here or at its owner's
    std::optional<T> held;
    std::size_t weight = 0;            ///< of the item, where there is a budget
    std::chrono::nanoseconds since{0}; ///< when it was queued, by the coarse clock
    error_code result;
    std::uint32_t owner; ///< the endpoint that started the operation
    wants what = wants::item;
    bool queued = false;
    bool accepted = false;    ///< `to_send`, `permit`: got what it wanted
    bool leaves_rest = false; ///< when it has had its turn, others get what it left

    holder_count<Lock> holders = 0;

    waiter(boost::intrusive_ptr<channel_core<T, Lock>> c, std::uint32_t endpoint)
        : core(std::move(c)), owner(endpoint) {}
    ~waiter() { this->retire(); }

    friend void intrusive_ptr_add_ref(waiter* w) noexcept { ++w->holders; }
    friend void intrusive_ptr_release(waiter* w) noexcept {
        if (--w->holders == 0)
            delete w;
    }
};

template <class T, class Lock>
using waiter_ptr = boost::intrusive_ptr<waiter<T, Lock>>;

/// The waiters of one kind, first come first served. It holds those that are in it.
template <class W>
class waiter_list {
public:
    using pointer = boost::intrusive_ptr<W>;

    bool empty() const noexcept { return first_ == nullptr; }
    W* front() const noexcept { return first_; }

    void push_back(pointer p) noexcept {
        W* w = p.detach();
        w->queued = true;
        w->next = nullptr;
        w->previous = last_;
        (last_ ? last_->next : first_) = w;
        last_ = w;
    }

    /// Takes all of them out; they are the caller's now, linked by `next`.
    W* take_all() noexcept {
        last_ = nullptr;
        return std::exchange(first_, nullptr);
    }

    /// Takes `w` out, wherever it is; it is the caller's now.
    pointer remove(W& w) noexcept {
        (w.previous ? w.previous->next : first_) = w.next;
        (w.next ? w.next->previous : last_) = w.previous;
        w.next = w.previous = nullptr;
        w.queued = false;
        return pointer(&w, false);
    }

private:
    W* first_ = nullptr;
    W* last_ = nullptr;
};

/// Those to be woken once the channel's lock is let go: declare it before the lock. They have a link
/// of their own for it, as in between they may wait again.
template <class W>
class wake_list {
public:
    using pointer = boost::intrusive_ptr<W>;

    wake_list() = default;
    wake_list(const wake_list&) = delete;
    wake_list& operator=(const wake_list&) = delete;

    ~wake_list() { wake(); }

    void wake() {
        if (first_)
            wake_all();
    }

    void add(pointer p, error_code result = {}) noexcept {
        W* w = p.detach();
        w->result = result;
        (last_ ? last_->next_woken : first_) = w;
        last_ = w;
    }

    /// All of a list, with success.
    void add_all(waiter_list<W>& list) noexcept {
        for (W* w = list.take_all(); w; w = w->next) {
            w->queued = false;
            add(pointer(w, false));
        }
    }

private:
    [[gnu::noinline]] void wake_all() {
        last_ = nullptr;
        if (!first_->next_woken) {
            const pointer w(std::exchange(first_, nullptr), false);
            return w->wake(w->result);
        }
        wake_batch batch;
        while (first_) {
            const pointer w(first_, false);
            first_ = std::exchange(w->next_woken, nullptr);
            w->wake(w->result, batch);
        }
    }

    W* first_ = nullptr;
    W* last_ = nullptr;
};

} // namespace streamx::detail
