#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/first_executor.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

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
    divert_errors_stream(divert_errors_stream&& other)
        : stream_interface<divert_errors_stream>(other), up_(std::move(other.up_)),
          sink_(std::move(other.sink_)), held_(std::exchange(other.held_, std::nullopt)),
          refused_(std::move(other.refused_)) {}
    /// An error that found no room goes to the sink's hook, if the sink is ours: a borrowed one may
    /// be gone.
    ~divert_errors_stream() {
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
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto ex = self->get_executor();
            if (!self->held_)
                return self->up_.async_wait(
                    detail::wait_op<Handler, executor_type>(std::move(handler), ex));
            if (!self->refused_)
                self->refused_ = std::make_shared<error_code>();
            if (*self->refused_)
                return detail::async_ready(std::move(handler), ex);
            self->sink().async_wait(room_op<Handler>(std::move(handler), ex, self->refused_));
        }

        divert_errors_stream* self;
    };

    /// The wait for room: what the sink refuses is for the next pull to tell. Who waits may see this
    /// complete when the stream is gone.
    template <class Handler>
    struct room_op : detail::bound_handler<Handler, executor_type> {
        room_op(Handler handler, const executor_type& ex, std::shared_ptr<error_code> to)
            : detail::bound_handler<Handler, executor_type>(std::move(handler), ex),
              refused(std::move(to)) {}

        void operator()(error_code ec) {
            if (ec && ec != asio::error::operation_aborted)
                *refused = std::exchange(ec, {});
            std::move(this->handler())(ec);
        }

        std::shared_ptr<error_code> refused;
    };

    sink_type& sink() noexcept { return sink_; }

    bool send_held() {
        if (refused_ && *refused_)
            throw boost::system::system_error(*refused_, "divert_errors");
        if (!sink().try_send(*held_))
            return false;
        held_.reset();
        return true;
    }

    Up up_;
    Sink sink_;
    std::optional<error> held_;           // taken from upstream, and not in the sink yet
    std::shared_ptr<error_code> refused_; // why the sink takes no more, once it was waited for
};

/// Passes on the values of items that are `result`s, and puts the errors into a sink, such as a
/// channel's sender: a dead-letter branch. While the sink is full the stream is pending, until there
/// is room. The sink is owned, and destroyed when the stream is over, which for a sender means one
/// sender less; `std::ref(sink)` borrows it and must not outlive it.
/// @marble  `-1--E--2-|`  ->  `divert_errors(sink)`  ->  `-1-----2-|`, and the sink gets `E`
/// @errors  upstream's own failure, unchanged; `errc::closed` when there is an error that the sink
///          does not take any more
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
