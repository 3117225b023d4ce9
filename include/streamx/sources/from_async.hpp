#pragma once

#include <streamx/channels/detail/job_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/completion.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace streamx {

namespace detail {

/// What the operation completes: it has the job, and so the slot, for as long as it runs.
template <class T, class Op>
class from_async_handler {
public:
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;

    explicit from_async_handler(std::shared_ptr<job<T, Op>> j) noexcept : job_(std::move(j)) {}

    executor_type get_executor() const noexcept { return job_->out.get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return job_->cancel.slot(); }

    template <class... Results>
    void operator()(Results&&... results) {
        clear_slot(get_cancellation_slot());
        try {
            take_completion(
                "from_async",
                [this](auto&&... made) { this->give(std::forward<decltype(made)>(made)...); },
                std::forward<Results>(results)...);
            job_->out.close();
        } catch (...) {
            job_->out.close(std::current_exception());
        }
    }

private:
    template <class... Results>
    void give(Results&&... results) {
        static_assert(
            sizeof...(Results) != 0 || std::same_as<T, std::monostate>,
            "from_async: this operation completes without a result; its item is a std::monostate");
        job_->out.try_send(T(std::forward<Results>(results)...));
    }

    std::shared_ptr<job<T, Op>> job_;
};

} // namespace detail

/// The stream that `from_async` makes.
template <class T, class Op>
class [[nodiscard]] from_async_stream : public detail::job_stream<from_async_stream<T, Op>, T, Op> {
    using base = detail::job_stream<from_async_stream, T, Op>;
    using job = std::shared_ptr<detail::job<T, Op>>;
    friend base;

public:
    from_async_stream(asio::any_io_executor ex, Op op) : base(std::move(ex), 1, std::move(op)) {}

private:
    static void start(job j) {
        auto ex = j->out.get_executor();
        detail::post_to(ex, std::allocator<void>(), [j = std::move(j)] {
            if (!j->out.is_open())
                return; // the stream was destroyed before its operation could start
            try {
                static_cast<void>(std::move(j->fn)(detail::from_async_handler<T, Op>(j)));
            } catch (...) {
                j->out.close(std::current_exception());
            }
        });
    }
};

/// Any asynchronous operation of Asio's kind as a stream of one item. `op(handler)` is to start it,
/// with a completion handler that has `ex` as its executor and a cancellation slot; it is called on
/// `ex`, once, by the first pull. Of the operation's results an `error_code` or an `exception_ptr`
/// in front says whether the stream fails, and from the rest, if there is any, `T` is made.
///
/// When the stream is destroyed before, the operation is cancelled (terminal). What it refers to,
/// such as a timer, must then live until it has completed. `ex` must not run it on two threads at
/// once.
/// @marble  `from_async<int>(ex, op)`  ->  `----7|`
/// @errors  what the operation completes with, or its start throws; results beside a failure are
///          dropped
/// @cancels a wait is no more than that: cancelling it neither stops the operation nor loses its
///          item
/// @cost    a channel of capacity 1 and a post
/// @others  into_stream (futures), from_callable (Rx), Source.future (Akka)
template <std::move_constructible T, class Op>
[[nodiscard]] auto from_async(asio::any_io_executor ex, Op op) {
    return from_async_stream<T, Op>(std::move(ex), std::move(op));
}

/// The same where the operation tells its results: one made with `asio::deferred`, such as
/// `timer.async_wait(asio::deferred)`. Without a result the item is a `std::monostate`, with
/// several a `std::tuple`.
template <class Op>
    requires asio::is_async_operation<Op>::value
[[nodiscard]] auto from_async(asio::any_io_executor ex, Op op) {
    return from_async_stream<detail::item_of_operation<Op>, Op>(std::move(ex), std::move(op));
}

} // namespace streamx
