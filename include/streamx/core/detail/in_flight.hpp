#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/async_function.hpp>
#include <streamx/core/detail/context_watch.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/in_flight_home.hpp>
#include <streamx/core/detail/in_flight_landing.hpp>
#include <streamx/core/detail/in_flight_pull.hpp>
#include <streamx/core/detail/in_flight_slot.hpp>
#include <streamx/core/detail/in_flight_slots.hpp>
#include <streamx/core/detail/in_flight_worker.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/key_turns.hpp>
#include <streamx/core/detail/work_count.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace streamx::detail {

/// Up to `n` items of upstream's, each with something asynchronous going on for it. Every operator
/// with `n` in flight is made of this, and `Work` is what it does: `start(item&)` returns an
/// `asio::awaitable`, an operation (something that is called with a handler) or, for one who makes
/// the result elsewhere, such; `finish(item&, made&&)` makes of the result what is given, if anything.
///
/// An item is taken from upstream only by a pull, and only for a free slot; its slot is free again
/// when what came of it has been given. What is going on refers to this, which therefore outlives its
/// stream until all has landed. It lands on any thread, and wakes who waits.
///
/// Here is what a pull does and what becomes of an item. Where it is meanwhile is `in_flight_slots`, what a
/// coroutine runs in is its slot's `in_flight_worker`, and what an operation completes with is an
/// `in_flight_landing`.
template <async_stream Up, class Work>
class in_flight final : public input_waits<1>,
                        public std::enable_shared_from_this<in_flight<Up, Work>> {
    using made = typename Work::made;
    using key = typename Work::key;
    using slot = in_flight_slot<in_flight, item_t<Up>, made, key>;
    using slots = in_flight_slots<slot>;
    using hold = typename slot::hold;
    using landing = in_flight_landing<in_flight>;
    using worker = in_flight_worker<in_flight>;
    using operation = decltype(std::declval<Work&>().start(std::declval<item_t<Up>&>()));
    static constexpr const char* name = Work::name;
    static constexpr bool by_coroutine = is_coroutine_start<operation>;
    static constexpr bool keyed = !std::is_same_v<key, std::monostate>;

public:
    using value_type = typename Work::value_type;
    using executor_type = executor_t<Up>;

    in_flight(Up up, Work work, std::size_t n, made_order order)
        : up_(std::move(up)), work_(std::move(work)), slots_(n, order) {}

    poll<value_type> try_next() {
        std::optional<value_type> got;
        const auto why = each_ready([&got](value_type&& item) {
            got.emplace(std::move(item));
            return false;
        });
        if (got)
            return *std::move(got);
        return why == halt::end ? poll<value_type>(end) : pending;
    }

    template <class Take>
    halt each_ready(Take&& take) {
        pull p(take);
        return run(p);
    }

    /// Waits until something has landed, or upstream may have an item for a slot that is free. What is
    /// started afterwards is started on the executor that the handler runs on.
    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<in_flight>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        if constexpr (!std::is_same_v<decltype(ex), no_executor>) {
            self->home_.move_to(ex);
            self->watch_.begin(self, self->home_.executor());
            if (std::exchange(self->wants_upstream_, false) && self->up_)
                input_waits<1>::begin(self, 0, *self->up_, ex);
        }
        if (!self->stalled_ || self->slots_.any_from_afar())
            self->wake();
        input_waits<1>::async_wait(self, ex, std::move(handler));
    }

    /// Has it take no more, cancel what is going on, and fail with `operation_aborted` when all of that
    /// is over. Called from any thread.
    void give_up() {
        given_up_.store(true, std::memory_order_release);
        this->wake();
    }

    /// The stream is gone: what is going on is cancelled, and nobody hears of it any more.
    void stop() noexcept {
        up_.reset();
        abort();
        cancel_all();
    }

private:
    using pull = in_flight_pull<value_type>;
    using pulls = in_flight_pulls<value_type>;

    // A pull, on the strand of the consumer. What is called for each item is part of its loop: left to
    // itself the compiler makes calls of that, which cost a few percent.

    halt run(pull& p) {
        stalled_ = false;
        if (home_.unknown())
            return halt::pending;
        if (given_up_.exchange(false, std::memory_order_acquire)) [[unlikely]]
            abandon();
        const typename pulls::scope scope(pulls_, p);
        slots_.collect_landed([this](slot& s) { land(s); });
        for (bool more = true; more && p.goes_on();) {
            more = fill(p);
            more = deliver(p) || more;
        }
        if (p.thrown)
            std::rethrow_exception(std::move(p.thrown));
        if (p.asked)
            return halt::asked;
        if (p.left == 0)
            return halt::spent;
        if (!slots_.any_taken() && !up_) {
            if (failure_)
                std::rethrow_exception(std::exchange(failure_, nullptr));
            if (last_)
                std::rethrow_exception(std::exchange(last_, nullptr));
            return halt::end;
        }
        stalled_ = true;
        return halt::pending;
    }

    /// Starts as much as may be. False if there was nothing to start.
    bool fill(pull& p) {
        bool any = false;
        while (p.goes_on() && can_take()) {
            slot& s = slots_.free();
            if (!occupy(s, p))
                break;
            any = true;
            if (takes_turn(s))
                launch(s);
        }
        return any;
    }

    bool can_take() const noexcept {
        return up_ && slots_.any_free() && !outstanding(0) &&
               !given_up_.load(std::memory_order_relaxed);
    }

    /// Puts an item of upstream's, if it has one now, into the first free slot.
    [[gnu::always_inline]] bool occupy(slot& s, pull& p) {
        try {
            check();
            auto item = up_->try_next();
            if (!item) {
                if (item.is_end())
                    up_.reset();
                else
                    wants_upstream_ = true;
                return false;
            }
            s.item.emplace(*std::move(item));
        } catch (...) {
            last_ = std::current_exception();
            up_.reset();
            return false;
        }
        --p.left;
        slots_.take(s);
        return true;
    }

    /// Whether an item may start. If not it will when the one before it of the same key has landed.
    bool takes_turn(slot& s) {
        if constexpr (keyed) {
            try {
                s.key = work_.key_of(*s.item);
                return keys_.enter(s);
            } catch (...) {
                s.failure = std::current_exception();
                land(s);
                return false;
            }
        } else
            return true;
    }

    /// What is going on for an item is over, and that is known to the consumer's strand.
    void land(slot& s) {
        slots_.land(s);
        if (s.failure)
            fail_after(s);
    }

    /// Nothing is taken any more, and what can't be given is cancelled: all, or all behind this one.
    void fail_after(slot& s) {
        up_.reset();
        if (slots_.ordered())
            cancel_some([&s](auto&& add) { slots::each_behind(s, add); });
        else
            cancel_all();
    }

    /// Nothing is taken any more, and all that is going on is cancelled and waited for.
    void abandon() {
        if (!failure_)
            failure_ = make_failure(asio::error::operation_aborted, name);
        up_.reset();
        cancel_all();
    }

    /// Gives what is ready to be given. False if there was nothing.
    [[gnu::always_inline]] bool deliver(pull& p) {
        bool any = false;
        while (!p.asked) {
            slot* s = slots_.next_landed();
            if (!s)
                break;
            any = true;
            auto out = finished(*s);
            slots_.vacate(*s);
            if (out)
                p.asked = !p.give(p.taker, *std::move(out));
        }
        return any;
    }

    poll<value_type> finished(slot& s) {
        if (slots_.ordered() && failure_)
            return pending; // it came behind the one that failed
        if (!s.failure)
            return work_.finish(*s.item, *std::move(s.made));
        if (!failure_)
            failure_ = std::move(s.failure);
        return pending;
    }

    // What goes on, on the executor that was chosen or (the result of an operation) on any thread.

    [[gnu::always_inline]] void launch(slot& s) {
        auto self = this->shared_from_this();
        going_on_.begin(home_.executor());
        if constexpr (by_coroutine) {
            if (!s.held)
                s.held = std::make_shared<hold>();
            s.held->owner = std::move(self);
            if (s.idle)
                s.idle.resume();
            else
                hire(s);
        } else {
            s.home = home_.executor();
            bool flying = false;
            try {
                auto op = work_.start(*s.item);
                flying = true;
                std::move(op)(landing(std::move(self), s));
            } catch (...) {
                s.failure = std::current_exception();
                if (!flying) // otherwise the handler, wherever it is, lands
                    land_from_afar(s);
            }
        }
    }

    void hire(slot& s) {
        s.home = home_.for_worker(s.room.get());
        worker::hire(s);
    }

    /// Inside a pull: gives what was made, and puts the next item in its place.
    bool goes_on(slot& s) {
        pull* const p = pulls_.current();
        s.here = p != nullptr;
        if (!p)
            return false;
        try {
            land_here(s);
            deliver(*p);
            return !keyed && !p->asked && p->left != 0 && slots_.is_next(s) && can_take() &&
                   occupy(s, *p);
        } catch (...) {
            p->thrown = std::current_exception();
            return false;
        }
    }

    void land_here(slot& s) {
        leaves_turn(s);
        land(s);
    }

    void land_from_afar(slot& s) {
        leaves_turn(s);
        going_on_.end();
        slots_.land_from_afar(s);
        wake();
    }

    /// Starts the next of the same key; after a failure it is not begun any more.
    void leaves_turn(slot& s) {
        if constexpr (keyed) {
            slot* next = keys_.leave(s);
            if (!next)
                return;
            if (!next->home)
                next->home = s.home; // it may never be begun, and then go on from here
            post_to(
                s.home,
                std::allocator<void>(),
                [self = this->shared_from_this(), next, failed = s.failure != nullptr] {
                    if (failed || next->unwanted)
                        self->lose_waiting(*next);
                    else
                        self->launch(*next);
                });
        }
    }

    void lose_waiting(slot& s) {
        going_on_.begin(home_.executor());
        lose(s);
    }

    void lose(slot& s) noexcept {
        s.failure = make_failure(asio::error::operation_aborted, name);
        land_from_afar(s);
    }

    void cancel_all() noexcept {
        cancel_some([this](auto&& add) { slots_.each(add); });
    }

    /// Cancels those that `each` names and that have not landed, where they run.
    template <class Each>
    void cancel_some(Each each) noexcept {
        if (!going_on_.any() || home_.unknown())
            return;
        std::vector<slot*> victims;
        each([&](slot& s) {
            if (s.item && !s.landed) {
                s.unwanted = true;
                victims.push_back(&s);
            }
        });
        if (victims.empty())
            return;
        post_to(
            home_.executor(),
            std::allocator<void>(),
            [self = this->shared_from_this(), victims = std::move(victims)] {
                for (slot* s : victims)
                    s->cancel.emit(asio::cancellation_type::terminal);
            });
    }

    friend landing;
    friend worker;
    friend context_watch<in_flight>;
    void dismiss() noexcept {
        slots_.each([](slot& s) {
            s.idle.reset();
            if (!s.item || s.landed)
                s.home = nullptr; // a strand must not outlive its context
        });
        home_.forget();
    }

    std::optional<Up> up_; // until it is over
    Work work_;
    slots slots_;
    pulls pulls_;
    std::atomic<bool> given_up_ = false; // and a pull has not heard of it yet
    bool stalled_ = false;               // a pull would find nothing, as things are
    bool wants_upstream_ = false;        // has found it pending
    std::exception_ptr failure_;         // the first one
    std::exception_ptr last_;            // upstream's, which comes behind all that is going on

    in_flight_home<worker> home_;
    work_count going_on_;
    [[no_unique_address]] key_turns<slot, key> keys_;
    context_watch<in_flight> watch_;
};

} // namespace streamx::detail
