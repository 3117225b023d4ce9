#pragma once

#include <streamx/channels/detail/waiter.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/one_thread.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace streamx::detail {

template <class T>
class broadcast_core;
template <class T>
using broadcast_ptr = boost::intrusive_ptr<broadcast_core<T>>;

/// A gate that can be in a queue of a broadcast. Guarded by the broadcast's lock, but for the gate itself
/// and the count of those who hold it.
template <class T, class Waiter>
struct broadcast_waiter : basic_gate<light_mutex> {
    broadcast_ptr<T> core;
    Waiter* next = nullptr;
    Waiter* previous = nullptr;
    Waiter* next_woken = nullptr;
    error_code result;
    bool queued = false;
    shared_count holders;

    explicit broadcast_waiter(broadcast_ptr<T> c) noexcept : core(std::move(c)) {}

    friend void intrusive_ptr_add_ref(Waiter* w) noexcept { w->holders.add(); }
    friend void intrusive_ptr_release(Waiter* w) noexcept {
        if (w->holders.drop()) [[unlikely]]
            destroy(w);
    }

protected:
    ~broadcast_waiter() = default;

private:
    [[gnu::noinline]] static void destroy(Waiter* w) noexcept { delete w; }
};

/// A put that waits, or somebody who waits for a number of subscribers.
template <class T>
struct put_waiter final : broadcast_waiter<T, put_waiter<T>> {
    using broadcast_waiter<T, put_waiter>::broadcast_waiter;
    ~put_waiter() { this->retire(); }

    T* item = nullptr; ///< here or at its owner's
    std::optional<T> held;
    clock::time_point since;
    std::size_t weight = 0;      ///< of the item, where there is a budget
    std::size_t subscribers = 0; ///< how many are waited for; 0: it is a put
    bool accepted = false;
    const void* awaiter = nullptr; ///< the subscriber whose coroutine awaits this, if that is known

    const void* reader() const noexcept { return awaiter; }

    /// An item that was given to the put and not accepted is undelivered. Then it is free for the
    /// next.
    void finish() {
        const auto owner = std::move(this->core);
        if (!accepted && held)
            owner->undelivered(*std::move(held));
        held.reset();
    }
};

} // namespace streamx::detail
