#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/arrivals.hpp>
#include <streamx/core/detail/async_function.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/context_watch.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/in_flight_landing.hpp>
#include <streamx/core/detail/in_flight_slot.hpp>
#include <streamx/core/detail/in_flight_worker.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/key_turns.hpp>
#include <streamx/core/detail/spare_room.hpp>
#include <streamx/core/detail/work_count.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

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

/// In which order what was made of the items is given.
enum class made_order { of_input, of_completion };

/// Up to `n` items of upstream's, each with something asynchronous going on for it. Every operator
/// with `n` in flight is made of this, and `Work` is what it does: `start(item&)` returns an
/// `asio::awaitable`, an operation (something that is called with a handler) or, for one who makes
/// the result elsewhere, such; `finish(item&, made&&)` makes of the result what is given, if anything.
///
/// An item is taken from upstream only by a pull, and only for a free slot; its slot is free again
/// when what came of it has been given. What is going on refers to this, which therefore outlives its
/// stream until all has landed. It lands on any thread, and wakes who waits.
///
/// A coroutine runs in its slot's worker (`in_flight_worker`); what an operation completes with is an
/// `in_flight_landing`.
template <async_stream Up, class Work>
class in_flight final : public input_waits<1>,
                        public std::enable_shared_from_this<in_flight<Up, Work>> {
    using made = typename Work::made;
    using key = typename Work::key;
    using slot = in_flight_slot<in_flight, item_t<Up>, made, key>;
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
        : up_(std::move(up)), work_(std::move(work)), most_(n),
          ordered_(order == made_order::of_input) {}

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
        pull p{
            [](void* taker, value_type&& item) {
                return (*static_cast<std::remove_reference_t<Take>*>(taker))(std::move(item));
            },
            &take};
        return run(p);
    }

    /// Waits until something has landed, or upstream may have an item for a slot that is free. What is
    /// started afterwards is started on the executor that the handler runs on.
    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<in_flight>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        if constexpr (!std::is_same_v<decltype(ex), no_executor>) {
            self->settle_on(ex);
            if (std::exchange(self->wants_upstream_, false) && self->up_)
                input_waits<1>::begin(self, 0, *self->up_, ex);
        }
        if (!self->stalled_ || self->landed_.any())
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
    /// One call of a consumer, who takes what is there.
    struct pull {
        bool (*give)(void*, value_type&&);
        void* taker;
        unsigned left = budget;
        bool asked = false;                  // the taker wants no more
        std::exception_ptr thrown = nullptr; // by the taker
    };

    /// Makes a pull known to the workers that go on inside it.
    class pull_scope {
    public:
        pull_scope(in_flight* self, pull& p) noexcept
            : self_(self), outer_(std::exchange(pulled_, self)),
              outer_pull_(std::exchange(self->pull_, &p)) {}
        pull_scope(const pull_scope&) = delete;
        pull_scope& operator=(const pull_scope&) = delete;
        ~pull_scope() {
            pulled_ = outer_;
            self_->pull_ = outer_pull_;
        }

    private:
        in_flight* self_;
        in_flight* outer_;
        pull* outer_pull_;
    };

    // A pull, on the strand of the consumer.

    halt run(pull& p) {
        stalled_ = false;
        if (!here_)
            return halt::pending; // nobody has waited yet, and so it is not known where to run
        if (given_up_.exchange(false, std::memory_order_acquire)) [[unlikely]]
            abandon();
        const pull_scope scope(this, p);
        landed_.collect([this](slot* s) { land(*s); });
        for (bool more = true; more && p.left != 0 && !p.asked && !p.thrown;) {
            more = fill(p);
            more = deliver(p) || more;
        }
        if (p.thrown)
            std::rethrow_exception(std::move(p.thrown));
        if (p.asked)
            return halt::asked;
        if (p.left == 0)
            return halt::spent;
        if (taken_ == 0 && !up_) {
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
        while (p.left != 0 && !p.asked && !p.thrown && can_take()) {
            slot& s = free_slot();
            if (!occupy(s, p))
                break;
            any = true;
            if (takes_turn(s))
                launch(s);
        }
        return any;
    }

    bool can_take() const noexcept {
        return up_ && taken_ < most_ && !outstanding(0) &&
               !given_up_.load(std::memory_order_relaxed);
    }

    slot& free_slot() {
        if (!free_) {
            landed_.reserve(slots_.size() + 1);
            slots_.push_back(std::make_unique<slot>());
            free_ = slots_.back().get();
        }
        return *free_;
    }

    /// Puts an item of upstream's, if it has one now, into the first free slot.
    bool occupy(slot& s, pull& p) {
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
        free_ = s.next;
        ++taken_;
        if (ordered_)
            queue_.push(s);
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
        s.landed = true;
        if (!ordered_)
            queue_.push(s);
        if (s.failure)
            fail_after(s);
    }

    /// Nothing is taken any more, and what can't be given is cancelled: all, or all behind this one.
    void fail_after(slot& s) {
        up_.reset();
        if (ordered_)
            cancel_some([&s](auto&& add) {
                for (slot* behind = s.next; behind; behind = behind->next)
                    add(*behind);
            });
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
    bool deliver(pull& p) {
        bool any = false;
        while (!p.asked) {
            slot* s = queue_.front();
            if (!s || !s->landed)
                break;
            any = true;
            queue_.pop();
            auto out = finished(*s);
            vacate(*s);
            if (out)
                p.asked = !p.give(p.taker, *std::move(out));
        }
        return any;
    }

    poll<value_type> finished(slot& s) {
        if (ordered_ && failure_)
            return pending; // it came behind the one that failed
        if (!s.failure)
            return work_.finish(*s.item, *std::move(s.made));
        if (!failure_)
            failure_ = std::move(s.failure);
        return pending;
    }

    void vacate(slot& s) noexcept {
        s.clear();
        s.next = free_;
        free_ = &s;
        --taken_;
    }

    // What goes on, on the executor that was chosen or (the result of an operation) on any thread.

    template <class Executor>
    void settle_on(const Executor& ex) {
        asio::any_io_executor here(ex);
        if (here_ == here)
            return;
        here_ = std::move(here);
        if constexpr (by_coroutine)
            worker_executor_ = [](const asio::any_io_executor& chosen, spare_room* room) {
                if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
                    using of_context = asio::io_context::executor_type;
                    if (const auto* inside = chosen.template target<of_context>())
                        return worker::executor(*inside, room);
                    return worker::executor(chosen, room);
                } else
                    return worker::executor(*chosen.template target<Executor>(), room);
            };
    }

    void launch(slot& s) {
        auto self = this->shared_from_this();
        going_on_.begin(here_);
        if constexpr (by_coroutine) {
            if (!s.held)
                s.held = std::make_shared<hold>();
            s.held->owner = std::move(self);
            if (s.idle)
                s.idle.resume();
            else
                hire(s);
        } else {
            s.home = here_;
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
        s.home = worker_executor_(here_, s.room.get());
        watch_.begin(this->weak_from_this(), s.home);
        worker::hire(s);
    }

    /// Inside a pull: gives what was made, and puts the next item in its place.
    bool goes_on(slot& s) {
        s.here = pulled_ == this;
        if (!s.here)
            return false;
        pull& p = *pull_;
        try {
            land_here(s);
            deliver(p);
            return !keyed && !p.asked && p.left != 0 && free_ == &s && can_take() && occupy(s, p);
        } catch (...) {
            p.thrown = std::current_exception();
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
        landed_.put(&s);
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
        going_on_.begin(here_);
        lose(s);
    }

    void lose(slot& s) noexcept {
        s.failure = make_failure(asio::error::operation_aborted, name);
        land_from_afar(s);
    }

    void cancel_all() noexcept {
        cancel_some([this](auto&& add) {
            for (auto& s : slots_)
                add(*s);
        });
    }

    /// Cancels those that `each` names and that have not landed, where they run.
    template <class Each>
    void cancel_some(Each each) noexcept {
        if (!going_on_.any())
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
            here_,
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
        for (auto& s : slots_)
            s->idle.reset();
    }

    static inline constinit thread_local in_flight* pulled_ = nullptr; // by whom on this thread
    pull* pull_ = nullptr;

    std::optional<Up> up_; // until it is over
    Work work_;
    std::size_t most_;
    bool ordered_;
    std::atomic<bool> given_up_ = false; // and a pull has not heard of it yet
    bool stalled_ = false;               // a pull would find nothing, as things are
    bool wants_upstream_ = false;        // has found it pending
    std::exception_ptr failure_;         // the first one
    std::exception_ptr last_;            // upstream's, which comes behind all that is going on

    std::size_t taken_ = 0;
    std::vector<std::unique_ptr<slot>> slots_;
    slot* free_ = nullptr;
    slot_queue<slot> queue_; // in the order in which they are to be given

    asio::any_io_executor here_;
    asio::any_io_executor (*worker_executor_)(const asio::any_io_executor& here, spare_room*) =
        nullptr;
    arrivals<slot*> landed_;
    work_count going_on_;
    [[no_unique_address]] key_turns<slot, key> keys_;
    context_watch<in_flight> watch_;
};

} // namespace streamx::detail
