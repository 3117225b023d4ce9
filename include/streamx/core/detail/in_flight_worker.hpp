#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/in_flight_slot.hpp>
#include <streamx/core/detail/spare_room.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx::detail {

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

/// The coroutines of an `in_flight` whose function is one: a worker in each slot, which is kept, as to
/// begin one for each item would cost most of the time. Inside a pull it goes on with one item after
/// another as long as its function completes without waiting, and hands what it made to the one who
/// pulls: a loop, no more.
template <class Owner>
class in_flight_worker {
    using slot = typename Owner::slot;
    using hold = typename slot::hold;

public:
    /// A worker's waits need not be allocated: it has one after the other.
    template <class Executor>
    static asio::any_io_executor executor(const Executor& ex, spare_room* room) {
        using allocator = spare_allocator<std::byte>;
        return untracked<Executor, allocator>(ex, allocator(room))
            .require(asio::execution::blocking.possibly);
    }

    /// Begins one, at the item in its slot.
    static void hire(slot& s) { asio::co_spawn(s.home, work(place(s)), never{s.cancel.slot()}); }

private:
    /// A worker's part of its slot. If it is destroyed while it works, the item lands as a failure.
    class place {
    public:
        explicit place(slot& s) : slot_(&s), held_(s.held) {}
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (!held_)
                return;
            if (const auto owner = leave())
                owner->lose(*slot_);
        }

        slot& operator*() const noexcept { return *slot_; }
        Owner& owner() const noexcept { return *held_->owner; }
        std::shared_ptr<Owner> leave() noexcept { return std::exchange(held_->owner, nullptr); }

    private:
        slot* slot_; // may be gone when there is no owner
        std::shared_ptr<hold> held_;
    };

    /// What a worker never comes to: it is destroyed while it is idle.
    struct never {
        using cancellation_slot_type = asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }
        void operator()(std::exception_ptr) const noexcept {}
        asio::cancellation_slot slot;
    };

    static asio::awaitable<void> work(place here) {
        slot& s = *here;
        for (;;) {
            do {
                // What a function did to these was for its own item.
                if (std::exchange(s.listens_otherwise, false)) {
                    co_await asio::this_coro::reset_cancellation_state(
                        only_terminal(s.listens_otherwise));
                    s.listens_otherwise = false;
                }
                co_await asio::this_coro::throw_if_cancelled(true);
                try {
                    if constexpr (std::
                                      is_same_v<typename Owner::operation, asio::awaitable<void>>) {
                        co_await here.owner().work_.start(*s.item);
                        s.made.emplace();
                    } else {
                        auto result = co_await here.owner().work_.start(*s.item);
                        s.made.emplace(std::move(result));
                    }
                } catch (...) {
                    s.failure = std::current_exception();
                }
            } while (here.owner().goes_on(s));
            const kept_frames for_the_next(!s.here);
            co_await asio::this_coro::throw_if_cancelled(false); // what was made is made
            co_await idle(here);
        }
    }

    /// A worker waits for its next item. Only then has this one landed, as the next may come at once.
    static auto idle(place& here) {
        return asio::async_initiate<const asio::deferred_t&, void()>(
            [&here](auto handler) {
                slot& s = *here;
                const auto owner = here.leave(); // it may be gone after this
                s.idle.keep(std::move(handler));
                if (s.here)
                    owner->going_on_.end();
                else
                    owner->land_from_afar(s);
            },
            asio::deferred);
    }
};

} // namespace streamx::detail
