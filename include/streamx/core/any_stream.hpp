#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/any_wait_handler.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/system_executor.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx {

/// Any stream of `T`, as a type: for the border of a translation unit, for members and for
/// containers. It costs an indirect call an item and an allocation a wait. An empty one is at its
/// end.
template <class T>
class [[nodiscard]] any_stream : public stream_interface<any_stream<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    any_stream() = default;

    template <class S>
        requires(
            !std::same_as<S, any_stream> && detail::stream_like<S> && std::same_as<item_t<S>, T>)
    any_stream(S stream) : impl_(std::make_unique<holder<S>>(std::move(stream))) {
        static_assert(
            !std::is_same_v<executor_t<S>, no_executor>,
            "any_stream: this stream has no executor; give it one with `| streamx::on(executor)`");
    }

    executor_type get_executor() const noexcept {
        return impl_ ? impl_->get_executor() : executor_type(asio::system_executor());
    }
    poll<T> try_next() { return impl_ ? impl_->try_next() : end; }

    template <class Take>
    detail::halt each_ready(Take&& take) {
        return impl_ ? impl_->each_ready(any_take::of(take)) : detail::halt::end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    /// Any function that takes items, as a type: so that a pipeline is one loop in here, too.
    class any_take {
    public:
        template <class Take>
        static any_take of(Take& take) noexcept {
            any_take any;
            any.take_ = const_cast<void*>(static_cast<const void*>(std::addressof(take)));
            any.call_ = [](void* to, T&& item) -> bool {
                return (*static_cast<Take*>(to))(std::move(item));
            };
            return any;
        }

        bool operator()(T&& item) const { return call_(take_, std::move(item)); }

    private:
        void* take_;
        bool (*call_)(void*, T&&);
    };

    struct base {
        virtual ~base() = default;
        virtual executor_type get_executor() const noexcept = 0;
        virtual poll<T> try_next() = 0;
        virtual detail::halt each_ready(any_take take) = 0;
        virtual void async_wait(detail::any_wait_handler handler) = 0;
    };

    template <class S>
    struct holder final : base {
        explicit holder(S s) : stream(std::move(s)) {}
        executor_type get_executor() const noexcept override { return stream.get_executor(); }
        poll<T> try_next() override { return stream.try_next(); }
        detail::halt each_ready(any_take take) override { return detail::each_ready(stream, take); }
        void async_wait(detail::any_wait_handler handler) override {
            stream.async_wait(std::move(handler));
        }
        S stream;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->impl_)
                return detail::async_ready(std::move(handler), self->get_executor());
            self->impl_->async_wait(detail::any_wait_handler(
                detail::wait_op<Handler, executor_type>(std::move(handler), self->get_executor())));
        }

        any_stream* self;
    };

    std::unique_ptr<base> impl_;
};

} // namespace streamx
