#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/first_executor.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `divert_errors` makes: the values among upstream's results. `Sink` is a sink, or
/// a `std::reference_wrapper` of one.
template <async_stream Up, class Sink>
class [[nodiscard]] divert_errors_stream : public stream_interface<divert_errors_stream<Up, Sink>> {
    using error = detail::item_error_t<Up>;
    using sink_type = std::remove_reference_t<std::unwrap_reference_t<Sink>>;

    static_assert(
        result_stream<Up>, "divert_errors: the items of this stream are no streamx::result<T, E>");
    static_assert(
        async_sink<sink_type, error>, "divert_errors: this is no sink for the error of the items");

public:
    using value_type = detail::item_value_t<Up>;
    using executor_type =
        typename detail::first_executor<executor_t<Up>, typename sink_type::executor_type>::type;

    divert_errors_stream(Up up, Sink sink) : up_(std::move(up)), sink_(std::move(sink)) {}
    divert_errors_stream(divert_errors_stream&& other) noexcept
        : stream_interface<divert_errors_stream>(other), up_(std::move(other.up_)),
          sink_(std::move(other.sink_)), held_(std::exchange(other.held_, std::nullopt)),
          room_(std::move(other.room_)) {}
    /// An error that found no room goes to the sink's hook, if the sink is ours: a borrowed one may
    /// be gone.
    ~divert_errors_stream() {
        if (room_)
            room_->stop.emit(asio::cancellation_type::terminal);
        if constexpr (std::is_same_v<Sink, sink_type>)
            if constexpr (requires { sink_.undelivered(*std::move(held_)); })
                if (held_)
                    sink_.undelivered(*std::move(held_));
    }

    executor_type get_executor() const noexcept {
        if constexpr (std::is_same_v<executor_t<Up>, no_executor>)
            return static_cast<const sink_type&>(sink_).get_executor();
        else
            return up_.get_executor();
    }

    poll<value_type> try_next() {
        if (held_ && !send_held())
            return pending;
        // Others run even if all items are errors: after so many in a row it is pending once.
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = up_.try_next();
            if (!item)
                return item.template without_item<value_type>();
            if (*item) [[likely]]
                return std::move(**item);
            held_.emplace(std::move(*item).error());
            if (!send_held())
                return pending;
        }
        return pending;
    }

    /// Waits for room while an error is held, and for an item otherwise.
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    /// The wait for room, which may end after the stream: what came of it is for the next pull to
    /// tell, and a borrowed sink does not end it with the stream.
    struct room {
        error_code refused;
        asio::cancellation_signal stop;
    };

    template <class Handler>
    class room_op : public detail::bound_handler<Handler, executor_type> {
        using bound = detail::bound_handler<Handler, executor_type>;

    public:
        using cancellation_slot_type = asio::cancellation_slot;

        room_op(Handler handler, const executor_type& ex, std::shared_ptr<room> shared)
            : bound(std::move(handler), ex), room_(std::move(shared)) {
            if (auto slot = bound::get_cancellation_slot(); slot.is_connected())
                slot.assign([weak = std::weak_ptr(room_)](asio::cancellation_type how) {
                    if (auto alive = weak.lock())
                        alive->stop.emit(how);
                });
        }

        room_op(room_op&&) = default;
        /// Destroyed with its context it leaves nothing behind that refers to that.
        ~room_op() {
            if (room_)
                room_->stop.slot().clear();
        }

        cancellation_slot_type get_cancellation_slot() const noexcept { return room_->stop.slot(); }

        void operator()(error_code ec) {
            const auto shared =
                std::move(room_); // what the handler waits for next has the slot then
            shared->stop.slot().clear();
            detail::clear_slot(bound::get_cancellation_slot());
            if (ec && ec != asio::error::operation_aborted)
                shared->refused = std::exchange(ec, {});
            std::move(this->handler())(ec);
        }

    private:
        std::shared_ptr<room> room_;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto ex = self->get_executor();
            if (!self->held_)
                return self->up_.async_wait(
                    detail::wait_op<Handler, executor_type>(std::move(handler), ex));
            if (!self->room_)
                self->room_ = std::make_shared<room>();
            self->sink().async_wait(room_op<Handler>(std::move(handler), ex, self->room_));
        }

        divert_errors_stream* self;
    };

    sink_type& sink() noexcept { return sink_; }

    bool send_held() {
        if (room_ && room_->refused)
            throw boost::system::system_error(room_->refused, "divert_errors");
        if (!sink().try_send(*held_))
            return false;
        held_.reset();
        return true;
    }

    Up up_;
    Sink sink_;
    std::optional<error> held_;  // taken from upstream, and not in the sink yet
    detail::own_ptr<room> room_; // once that was waited for
};

/// Passes on the values of items that are `result`s, and puts the errors into a sink, such as a
/// channel's sender: a dead-letter branch. While the sink is full the stream is pending, until there
/// is room. The sink is owned, and destroyed when the stream is over, which for a sender means one
/// sender less; `std::ref(sink)` borrows it, and it must outlive the stream then.
/// @marble  `-1--E--2-|`  ->  `divert_errors(sink)`  ->  `-1-----2-|`, and the sink gets `E`
/// @errors  upstream's own failure, unchanged; `errc::closed` when there is an error that the sink
///          does not take any more, `errc::full` when it is full and lets nobody wait
/// @cancels as upstream or the sink's wait; an error that found no room is kept for the next pull,
///          and goes to the owned sink's `on_undelivered` when the stream is destroyed
/// @cost    one small allocation the first time that the sink is full; one error buffered then; a
///          copy of each error
/// @others  divertTo (Akka)
template <class Sink>
[[nodiscard]] auto divert_errors(Sink sink) {
    return adaptor([sink = std::move(sink)]<async_stream Up>(Up up) mutable {
        return divert_errors_stream<Up, Sink>(std::move(up), std::move(sink));
    });
}

} // namespace streamx
