#pragma once

#include <streamx/core/async_sink.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/outbox.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streamx::io {

/// A sink whose items an encoder writes to a stream of bytes. `S` is the type of that: a value (owned)
/// or a reference (borrowed).
///
/// There is one outbox a connection: items are encoded into it when they are taken, and written, many
/// in one write, after the function that is running now. It is full while
/// `endpoint_limits::queued_bytes` or `queued_items` are in it; who waits then comes in when half of
/// that is free. Any number may wait; they come in in order, and nobody overtakes them.
///
/// When a write fails, or the peer takes nothing for `endpoint_limits::write_stall` while somebody
/// waits for it (`errc::write_stalled`), every operation fails with that from then on.
///
/// Destroying this closes it: what is queued is still written, for as long as
/// `endpoint_limits::shutdown` allows, then the end is told. With a borrowed stream it is not, since
/// that may be gone by then: `async_flush` or `async_close` first.
///
/// Everything happens on the executor of the stream of bytes, from where alone it may be used.
template <class S, encoder Codec>
class [[nodiscard]] framed_sink {
    struct core;

public:
    using value_type = std::conditional_t<
        std::same_as<typename Codec::value_type, std::string_view>,
        std::string, // it is kept while there is no room
        typename Codec::value_type>;
    using executor_type = typename detail::outbox<S>::executor_type;
    using next_layer_type = std::remove_reference_t<S>;

    /// Made by `framed`, `lines_sink` and so on.
    framed_sink(const detail::connection_ptr<S>& c, Codec codec)
        : core_(std::make_shared<core>(c, std::move(codec))) {}

    executor_type get_executor() const noexcept { return core_->get_executor(); }
    /// The stream of bytes: to ask it something, not to write to it.
    next_layer_type& next_layer() const noexcept { return core_->shared().stream; }

    /// Takes the item and returns true, or leaves it untouched and returns false: full, or closed
    /// (`is_open` tells). Throws what the codec throws about the item, and has not taken it then.
    bool try_send(value_type& item) { return put(std::move(item)); }
    bool try_send(value_type&& item) { return put(std::move(item)); }
    bool try_send(const value_type& item) { return put(item); }
    /// Of anything else that the codec can write, such as a view.
    template <class T>
        requires(!std::convertible_to<T, value_type> && encodes<Codec, const T&>)
    bool try_send(const T& item) {
        return put(item);
    }

    /// Puts an item into the outbox; waits for room there. Several may be outstanding; they complete in
    /// order. An item given by `std::ref` stays its owner's until it is taken, so after an error it is
    /// still there.
    /// @completes `void(error_code)` when the outbox has the item, on the handler's associated
    ///            executor, the sink's by default; never inside this call
    /// @errors  what the codec says of the item; `errc::closed`; why the connection failed;
    ///          `errc::write_stalled`; `operation_aborted`: cancelled, or this sink destroyed. On error
    ///          nothing was taken
    /// @cancels total, partial, terminal; the item was not taken, unless the operation succeeds
    /// @threads from the sink's executor; a referenced item stays alive until completion
    template <class Token>
    auto async_send(value_type item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_send{core_.get()}, token, std::move(item));
    }
    /// @copydoc async_send
    template <class Token>
    auto async_send(std::reference_wrapper<value_type> item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_send{core_.get()}, token, item);
    }

    /// `async_send` for coroutines, `co_await out.send(item)`: with room it costs no trip through the
    /// executor (but for one in each budget of 1024, so that others run, and what was sent is written).
    /// An error is thrown as a `boost::system::system_error`.
    asio::awaitable<void> send(value_type item) {
        if (++run_ == streamx::detail::budget) {
            run_ = 0;
            co_await asio::post(asio::use_awaitable);
        }
        if (!try_send(item))
            co_await async_send(std::move(item), asio::use_awaitable);
    }
    /// Of a view: what it refers to is copied only if there is no room, so it has to stay until then.
    template <class T>
        requires(
            !std::convertible_to<T, value_type> && std::constructible_from<value_type, T> &&
            encodes<Codec, const T&>)
    asio::awaitable<void> send(T item) {
        if (++run_ == streamx::detail::budget) {
            run_ = 0;
            co_await asio::post(asio::use_awaitable);
        }
        if (!try_send(item))
            co_await async_send(value_type(item), asio::use_awaitable);
    }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default; never
    ///            inside this call
    /// @errors  `errc::closed`, why the connection failed, `errc::write_stalled`: it never will be;
    ///          `operation_aborted`: cancelled, or this sink destroyed
    /// @cancels total, partial, terminal; nothing is held, so nothing can be lost
    /// @threads from the sink's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{core_.get()}, token);
    }

    /// Waits until the stream of bytes has taken everything that was put in before this call. Several
    /// may be outstanding.
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default; never
    ///            inside this call
    /// @errors  why the connection failed: not everything was written; `errc::write_stalled`;
    ///          `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; writing goes on
    /// @threads from the sink's executor
    template <class Token>
    auto async_flush(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_flush{core_.get()}, token);
    }

    /// Closes this sink and waits until everything is written and the peer has been told the end: by a
    /// half close where the stream of bytes knows one (`shutdown_send`, or TLS's `close_notify`).
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default; never
    ///            inside this call
    /// @errors  why the connection failed; `errc::write_stalled`; `errc::shutdown_timeout`;
    ///          `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; closing goes on
    /// @threads from the sink's executor
    template <class Token>
    auto async_close(Token&& token) {
        close();
        return asio::async_initiate<Token, void(error_code)>(initiate_close{core_.get()}, token);
    }

    /// Takes no more. What is queued is written, then the peer is told the end. Never waits.
    void close() { core_->close(); }
    /// The same, but instead of an end the peer sees a reset, where that can be had: it may then lose
    /// what it has not read yet.
    void close(std::exception_ptr) { core_->close(outbox::ending::reset); }

    bool is_open() const noexcept { return core_->open(); }
    /// What was taken and not written yet.
    std::size_t queued_bytes() const noexcept { return core_->queued_bytes(); }
    std::size_t queued_items() const noexcept { return core_->queued_items(); }

protected:
    /// The outbox, for what is written beside the items; null after this was moved from.
    detail::outbox<S>* box() const noexcept { return core_.operator->(); }

private:
    using outbox = detail::outbox<S>;

    struct core : outbox {
        core(const detail::connection_ptr<S>& c, Codec with) : outbox(c), codec(std::move(with)) {}

        template <class T>
        void put_item(T&& item) {
            this->put([&](write_buffer& out) { codec.encode(std::forward<T>(item), out); });
        }

        Codec codec;
    };

    /// One whose item waits, by value or by `std::ref`.
    template <class Item>
    struct item_waiter final : outbox::waiter {
        explicit item_waiter(Item i) : item(std::move(i)) {}
        void put(outbox& box) override {
            static_cast<core&>(box).put_item(std::move(static_cast<value_type&>(item)));
        }
        Item item;
    };

    struct initiation {
        using executor_type = framed_sink::executor_type;
        executor_type get_executor() const noexcept { return target->get_executor(); }
        core* target;
    };

    struct initiate_send : initiation {
        template <class Handler, class Item>
        void operator()(Handler handler, Item item) const {
            core& box = *this->target;
            if (box.open() && !box.has_room())
                return box.wait_for_room(
                    std::make_shared<item_waiter<Item>>(std::move(item)), std::move(handler));
            auto ec = box.open() ? error_code() : box.why_closed();
            if (!ec) {
                try {
                    box.put_item(std::move(static_cast<value_type&>(item)));
                } catch (...) {
                    ec = to_error_code(std::current_exception());
                }
            }
            box.complete(std::move(handler), ec);
        }
    };

    struct initiate_wait : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            core& box = *this->target;
            if (box.open() && !box.has_room())
                return box.wait_for_room(
                    std::make_shared<typename outbox::waiter>(), std::move(handler));
            box.complete(std::move(handler), box.open() ? error_code() : box.why_closed());
        }
    };

    struct initiate_flush : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            this->target->flush(std::move(handler));
        }
    };

    struct initiate_close : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            this->target->wait_closed(std::move(handler));
        }
    };

    template <class T>
    bool put(T&& item) {
        core& box = *core_;
        if (!box.has_room()) [[unlikely]] {
            box.refused();
            return false;
        }
        box.put_item(std::forward<T>(item));
        return true;
    }

    detail::half<core> core_;
    unsigned run_ = 0;
};

namespace detail {

/// A sink of items over a stream of bytes of its own.
template <class S, class Codec>
auto write_framed(S&& s, Codec codec, const endpoint_limits& limits) {
    return framed_sink<S, Codec>(
        std::make_shared<connection<S>>(std::forward<S>(s), limits), std::move(codec));
}

} // namespace detail
} // namespace streamx::io
