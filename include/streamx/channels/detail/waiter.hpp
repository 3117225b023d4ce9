#pragma once

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace streamx::detail {

/// What a parked operation waits for.
enum class wants : unsigned char {
    item,    ///< a receiver: something to take
    room,    ///< a sender: a chance to try again
    to_send, ///< a sender: that its item is taken into the channel
    permit,  ///< a sender: a slot that is kept for it
    closed,  ///< either end: that the channel is closed
};

/// A parked operation in a channel's queue, and its gate. Guarded by the channel's lock, but for
/// the gate.
template <class T, class Lock>
struct waiter {
    gate<Lock> parked;
    waiter* next = nullptr;
    waiter* previous = nullptr;
    std::shared_ptr<waiter> self; ///< keeps it alive while it is queued or being woken
    T* item = nullptr;            ///< `to_send`: the item, here or at its owner's
    std::optional<T> held;
    std::chrono::steady_clock::time_point since;
    std::uint64_t owner = 0; ///< the endpoint that started the operation
    error_code result;
    wants what = wants::item;
    bool queued = false;
    bool accepted = false; ///< `to_send`, `permit`: got what it wanted
    bool leaves_rest =
        false; ///< others wait behind it: when it has had its turn, they get what it left
};

/// The waiters of one kind, first come first served.
template <class W>
class waiter_list {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    W* front() const noexcept { return first_; }

    void push_back(const std::shared_ptr<W>& w) noexcept {
        w->self = w;
        w->queued = true;
        w->next = nullptr;
        w->previous = last_;
        (last_ ? last_->next : first_) = w.get();
        last_ = w.get();
        ++size_;
    }

    /// Takes `w` out, wherever it is; it is the caller's now.
    std::shared_ptr<W> remove(W& w) noexcept {
        (w.previous ? w.previous->next : first_) = w.next;
        (w.next ? w.next->previous : last_) = w.previous;
        w.next = w.previous = nullptr;
        w.queued = false;
        --size_;
        return std::move(w.self);
    }

private:
    W* first_ = nullptr;
    W* last_ = nullptr;
    std::size_t size_ = 0;
};

/// Those to be woken once the channel's lock is let go: declare it before the lock.
template <class W>
class wake_list {
public:
    wake_list() = default;
    wake_list(const wake_list&) = delete;
    wake_list& operator=(const wake_list&) = delete;

    ~wake_list() {
        while (first_) {
            const auto w = std::move(first_);
            first_ = w->next ? std::move(w->next->self) : nullptr;
            w->next = nullptr;
            w->parked.wake(w->result);
        }
    }

    void add(std::shared_ptr<W> w, error_code result = {}) noexcept {
        w->result = result;
        W* raw = w.get();
        if (last_) {
            last_->next = raw;
            raw->self = std::move(w);
        } else {
            first_ = std::move(w);
        }
        last_ = raw;
    }

private:
    std::shared_ptr<W> first_;
    W* last_ = nullptr;
};

} // namespace streamx::detail
