#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/spare_room.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

namespace streamx::detail {

/// The handler of a coroutine that waits, which is but a pointer or two, kept in place.
class waiting_coroutine {
public:
    waiting_coroutine() = default;
    waiting_coroutine(const waiting_coroutine&) = delete;
    waiting_coroutine& operator=(const waiting_coroutine&) = delete;
    ~waiting_coroutine() { reset(); }

    explicit operator bool() const noexcept { return take_ != nullptr; }

    template <class Handler>
    void keep(Handler handler) noexcept {
        static_assert(sizeof(Handler) <= sizeof(room_));
        static_assert(std::is_nothrow_move_constructible_v<Handler>);
        ::new (static_cast<void*>(room_)) Handler(std::move(handler));
        take_ = [](void* room, bool resumed) {
            auto& kept = *static_cast<Handler*>(room);
            Handler taken(std::move(kept));
            kept.~Handler();
            if (resumed)
                asio::dispatch(std::move(taken));
        };
    }

    /// Goes on, at once where its executor lets it.
    void resume() { std::exchange(take_, nullptr)(room_, true); }
    /// Destroys it.
    void reset() {
        if (take_)
            std::exchange(take_, nullptr)(room_, false);
    }

private:
    void (*take_)(void* room, bool resumed) = nullptr;
    alignas(std::max_align_t) std::byte room_[4 * sizeof(void*)];
};

/// The memory of two coroutines, that of a function and of what it waits for, in the form of two that
/// never begin. Asio keeps that of two a thread for the next ones; where many workers finish before any
/// of them begins again, each keeps its own.
class kept_frames {
public:
    explicit kept_frames(bool needed) {
        if (needed)
            for (auto& frame : frames_)
                frame = nothing();
    }

private:
    static asio::awaitable<void> nothing() { co_return; }

    asio::awaitable<void> frames_[2];
};

/// Where an item is, from when it is taken until what came of it has been given. `Owner` is the
/// `in_flight`. Between start and landing it belongs to what is going on, otherwise to the consumer.
template <class Owner, class Item, class Made, class Key>
struct in_flight_slot {
    /// What keeps the owner alive while a worker works. Worker and slot share it, as either may be
    /// destroyed first.
    struct hold {
        std::shared_ptr<Owner> owner;
    };

    void clear() noexcept {
        item.reset();
        made.reset();
        failure = nullptr;
        landed = false;
        next = nullptr;
    }

    std::optional<Item> item;
    std::optional<Made> made;
    std::exception_ptr failure;
    bool landed = false;
    bool here = false;                  // it was completed inside a pull
    std::atomic<bool> unwanted = false; // it has been cancelled
    in_flight_slot* next = nullptr;     // in the queue, or of those that are free

    Key key{};
    in_flight_slot* behind = nullptr; // the next of the same key

    asio::any_io_executor home;    // where it was started
    bool listens_otherwise = true; // than a worker does to cancellation, while it has no item
    asio::cancellation_signal cancel;
    own_room room; // for what it waits with
    std::shared_ptr<hold> held;
    waiting_coroutine idle; // the worker, which waits for an item
};

/// A coroutine's filter of cancellation, Asio's default, which tells when another takes its place.
class only_terminal {
public:
    explicit only_terminal(bool& replaced) noexcept : replaced_(&replaced) {}
    only_terminal(const only_terminal&) = default;
    only_terminal& operator=(const only_terminal&) = delete;
    ~only_terminal() { *replaced_ = true; }

    asio::cancellation_type operator()(asio::cancellation_type type) const noexcept {
        return type & asio::cancellation_type::terminal;
    }

private:
    bool* replaced_;
};

/// A queue of slots.
template <class Slot>
class slot_queue {
public:
    Slot* front() const noexcept { return first_; }
    void push(Slot& s) noexcept {
        s.next = nullptr;
        (first_ ? last_->next : first_) = &s;
        last_ = &s;
    }
    void pop() noexcept { first_ = first_->next; }

private:
    Slot* first_ = nullptr;
    Slot* last_ = nullptr;
};

/// Whose turn it is of those that have the same key. Called from any thread.
template <class Slot, class Key>
class key_turns {
public:
    /// Whether the slot is the only one of its key. If not its turn comes when the others have left.
    bool enter(Slot& s) {
        std::lock_guard lock(mutex_);
        s.behind = nullptr;
        auto [last, fresh] = last_.try_emplace(s.key, &s);
        if (!fresh)
            std::exchange(last->second, &s)->behind = &s;
        return fresh;
    }

    /// The slot whose turn it is when this one leaves, if there is one.
    Slot* leave(Slot& s) {
        std::lock_guard lock(mutex_);
        if (!s.behind)
            last_.erase(s.key);
        return s.behind;
    }

private:
    std::mutex mutex_;
    std::unordered_map<Key, Slot*> last_;
};
template <class Slot>
class key_turns<Slot, std::monostate> {};

/// Tells the owner of idle workers when their context goes: they must go with it, as a coroutine is
/// unwound on its executor.
template <class Owner>
class context_watch {
public:
    void begin(std::weak_ptr<Owner> owner, const asio::any_io_executor& ex) {
        if (!std::exchange(begun_, true))
            gate_.park(watcher(std::move(owner), ex));
    }

private:
    class watcher {
    public:
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return executor_; }

        watcher(std::weak_ptr<Owner> owner, asio::any_io_executor ex) noexcept
            : owner_(std::move(owner)), executor_(std::move(ex)) {}
        watcher(watcher&&) = default;
        watcher& operator=(watcher&&) = delete;
        ~watcher() {
            if (const auto alive = std::exchange(owner_, {}).lock())
                alive->dismiss();
        }

        void operator()(error_code) noexcept { owner_.reset(); }

    private:
        std::weak_ptr<Owner> owner_;
        asio::any_io_executor executor_;
    };

    bool begun_ = false;
    gate<std::mutex> gate_;
};

} // namespace streamx::detail
