#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_batch.hpp>
#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_op.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/clock_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace streamx {

/// How one subscriber of a broadcast wants its items.
template <class T>
struct subscribe_options {
    /// What happens when it has `capacity` items before it and there is one more.
    streamx::overflow overflow = streamx::overflow::wait;
    /// The most items that it may have before it. 0, for `overflow::wait` only, is lockstep: an item
    /// is accepted only while the subscriber asks for one.
    std::size_t capacity = 0;
    /// How long a put waits for it at most, by the clock of the broadcast's executor; for
    /// `overflow::wait` only. One that holds a put back for longer falls to the policy below.
    clock_service::duration patience = clock_service::duration::max();
    /// Its policy from then on. `fail` and `disconnect` cut it off there and then; else it goes on,
    /// with a capacity of at least 1.
    streamx::overflow then = streamx::overflow::drop_oldest;
    /// Begins with so many of the items that the broadcast retains, at most.
    std::size_t replay = 0;
    /// Shown by the broadcast's `stats` when it holds back the producer, and by `dump_graph`.
    std::string name = {};
    /// Gets a copy of each item that its policy costs it, or that it had not taken when it left.
    /// Called by whoever caused it, with no lock held; it must not throw.
    std::function<void(T&&)> on_undelivered = nullptr;
};

/// One subscriber of a broadcast: an `async_stream` of all items that are put from when it was made
/// on, until the broadcast is closed and it has taken what there was. Destroying it is leaving.
///
/// Thread safety: different subscriptions may be used from different threads, one subscription from
/// one thread at a time.
template <class T>
class [[nodiscard]] subscription : public stream_interface<subscription<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    subscription(subscription&& other) noexcept
        : stream_interface<subscription>(other), self_(std::move(other.self_)) {
        if (self_) // who looks after it from now on will be seen
            self_->consumer.store(nullptr, std::memory_order_relaxed);
    }
    subscription& operator=(subscription other) noexcept {
        stream_interface<subscription>::operator=(other);
        self_.swap(other.self_);
        return *this;
    }
    ~subscription() { leave(); }

    executor_type get_executor() const noexcept { return self_->core->executor(); }

    poll<T> try_next() {
        if (!self_) [[unlikely]]
            return end;
        return self_->core->try_next(*self_);
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (!self_) [[unlikely]]
            return detail::halt::end;
        return detail::take_ready(*self_->core, *self_, take);
    }

    /// Waits until `try_next` is worth calling: there is an item, the end or a failure. To wait is
    /// to ask: in lockstep a put is accepted while all do.
    /// @completes `void(error_code)` on the handler's associated executor, the broadcast's by
    ///            default; never inside this call
    /// @errors  `errc::operation_in_progress`: another wait is outstanding, which is not disturbed;
    ///          `operation_aborted`: cancelled, or this subscription destroyed
    /// @cancels total, partial, terminal; a wait carries no item, so nothing can be lost. No other
    ///          subscriber is touched
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    /// How many items are there for it now that it has not taken.
    std::uint64_t lag() const { return stats().lag; }
    /// How many items its policy has cost it so far.
    std::uint64_t missed() const { return stats().missed; }
    subscription_stats stats() const { return self_->core->stats(*self_); }

    /// A stream that is over has left, but can still be asked for its `stats`.
    void release() noexcept { leave(); }

    /// Made by `broadcast::subscribe`.
    explicit subscription(boost::intrusive_ptr<detail::subscriber<T>> self) noexcept
        : self_(std::move(self)) {}

private:
    struct initiate_wait {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->get_executor(); }

        template <class Handler>
        void operator()(Handler handler) const {
            detail::wait_broadcast(self->self_, std::move(handler), self->self_->core->executor());
        }

        subscription* self;
    };

    void leave() noexcept {
        if (self_)
            self_->core->leave(*self_);
    }

    boost::intrusive_ptr<detail::subscriber<T>> self_;
};

} // namespace streamx
