#pragma once

#include <streamx/core/async_sink.hpp>
#include <streamx/core/detail/any_wait_handler.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/detail/wrapped_op.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <utility>

namespace streamx {

/// Any sink for `T`, as a type: the mirror of `any_stream`. Not empty, except after it was moved
/// from.
template <class T>
class any_sink {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    template <class S>
        requires(!std::same_as<S, any_sink> && async_sink<S, T>)
    any_sink(S sink) : impl_(std::make_shared<holder<S>>(std::move(sink))) {}

    executor_type get_executor() const noexcept { return impl_->get_executor(); }

    /// Takes the item and returns true, or leaves it untouched and returns false.
    bool try_send(T& item) { return impl_->try_send(item); }
    bool try_send(T&& item) { return impl_->try_send(item); }

    /// Puts an item into the sink; waits for room. One that is not sent goes to the sink's
    /// `on_undelivered`, if it has one.
    /// @completes `void(error_code)` when the sink has the item, on the handler's associated executor,
    ///            the sink's by default; never inside this call
    /// @errors  the sink's; `operation_aborted`: cancelled, or the sink destroyed. On error nothing was
    ///          taken
    /// @cancels as the sink: total, partial, terminal
    /// @threads from the sink's executor
    template <class Token>
    auto async_send(T item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_send{this}, token, std::move(item));
    }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default;
    ///            never inside this call
    /// @errors  the sink's; `errc::closed`: it never will be
    /// @cancels as the sink: total, partial, terminal
    /// @threads from the sink's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    void close() { impl_->close(nullptr); }
    void close(std::exception_ptr failure) { impl_->close(std::move(failure)); }

    /// Hands the sink an item that could not be sent, for its `on_undelivered` if it has one.
    void undelivered(T&& item) { impl_->undelivered(std::move(item)); }

private:
    struct base : std::enable_shared_from_this<base> {
        virtual ~base() = default;
        virtual executor_type get_executor() const noexcept = 0;
        virtual bool try_send(T& item) = 0;
        virtual void async_send(T item, detail::any_wait_handler handler) = 0;
        virtual void async_wait(detail::any_wait_handler handler) = 0;
        virtual void close(std::exception_ptr failure) = 0;
        virtual void undelivered(T&& item) = 0;
    };

    /// Sends to a sink that can but be tried and waited for.
    struct send_op : detail::wrapped_op<detail::any_wait_handler> {
        void operator()(error_code ec) {
            const auto alive = sink.lock();
            if (!alive)
                return this->op(asio::error::operation_aborted);
            try {
                if (!ec && !alive->try_send(item))
                    return alive->async_wait(detail::any_wait_handler(std::move(*this)));
            } catch (...) {
                ec = to_error_code(std::current_exception());
            }
            if (ec)
                alive->undelivered(std::move(item));
            this->op(ec);
        }

        std::weak_ptr<base> sink;
        T item;
    };

    template <class S>
    struct holder final : base {
        explicit holder(S s) : sink(std::move(s)) {}
        executor_type get_executor() const noexcept override { return sink.get_executor(); }
        bool try_send(T& item) override { return sink.try_send(item); }
        void async_send(T item, detail::any_wait_handler handler) override {
            if constexpr (
                !requires { typename S::waits_for_room; } &&
                requires { sink.async_send(std::move(item), std::move(handler)); })
                sink.async_send(std::move(item), std::move(handler));
            else
                sink.async_wait(detail::any_wait_handler(
                    send_op{{std::move(handler)}, this->weak_from_this(), std::move(item)}));
        }
        void async_wait(detail::any_wait_handler handler) override {
            sink.async_wait(std::move(handler));
        }
        void close(std::exception_ptr failure) override {
            if (failure)
                sink.close(std::move(failure));
            else
                sink.close();
        }
        void undelivered(T&& item) override {
            if constexpr (requires { sink.undelivered(std::move(item)); })
                sink.undelivered(std::move(item));
        }
        S sink;
    };

    struct initiate_send {
        template <class Handler>
        void operator()(Handler handler, T item) const {
            self->impl_->async_send(
                std::move(item),
                detail::erased<error_code>(std::move(handler), self->get_executor()));
        }

        any_sink* self;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            self->impl_->async_wait(
                detail::erased<error_code>(std::move(handler), self->get_executor()));
        }

        any_sink* self;
    };

    detail::own_ptr<base> impl_;
};

} // namespace streamx
