#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/io/detail/connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/system_executor.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx::io {

/// Any connected stream of bytes that Asio reads from and writes to, as a type: a TCP or Unix socket, a
/// TLS connection, a pair in memory. TLS, WebSocket and HTTP run over it, and so are compiled once.
///
/// It is such a stream itself, with half close. An operation costs one indirect call and one allocation
/// more than that of the stream inside. An empty one is closed.
class transport {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = transport;

    transport() = default;
    template <class S>
        requires(!std::derived_from<S, transport> && std::is_object_v<S> && byte_stream_ref<S>)
    transport(S stream) : impl_(std::make_unique<holder<S>>(std::move(stream))) {}

    executor_type get_executor() const noexcept {
        return impl_ ? impl_->get_executor() : executor_type(asio::system_executor());
    }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    explicit operator bool() const noexcept { return impl_ != nullptr; }

    /// Reads what there is, at most as much as fits into the first buffer.
    /// @completes `void(error_code, std::size_t)` on the handler's associated executor, this one's by
    ///            default; never inside this call
    /// @errors  those of the stream inside
    /// @cancels as the stream inside
    /// @threads from its executor; not while empty; the memory of `buffers` stays alive
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate_read{impl_.get()}, token, first_of(buffers));
    }

    /// Writes as much as there is room for.
    /// @completes `void(error_code, std::size_t)` on the handler's associated executor, this one's by
    ///            default; never inside this call
    /// @errors  those of the stream inside
    /// @cancels as the stream inside
    /// @threads from its executor; not while empty; the memory of `buffers` stays alive
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate_write{impl_.get()}, token, gathered(buffers));
    }

    /// Tells the peer that no more comes: a half close, or TLS's `close_notify`.
    /// @completes `void(error_code)` on the handler's associated executor, this one's by default; never
    ///            inside this call
    /// @errors  those of the stream inside
    /// @cancels as the stream inside
    /// @threads from its executor; not while empty
    template <class Token>
    auto async_shutdown(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_shutdown{impl_.get()}, token);
    }

    /// Closes it; operations under way complete with `operation_aborted`.
    void close(error_code& ec) {
        ec = {};
        close();
    }
    void close() {
        if (impl_)
            impl_->close();
    }
    /// `linger(true, 0)` makes of closing a reset, where the stream inside knows that.
    void set_option(const asio::socket_base::linger& option, error_code& ec) {
        ec = impl_ ? impl_->set_linger(option) : error_code();
    }

private:
    /// The buffers of one write.
    class gathered {
        static constexpr std::size_t most = 32;

    public:
        template <class Buffers>
        explicit gathered(const Buffers& all) {
            const auto last = asio::buffer_sequence_end(all);
            for (auto b = asio::buffer_sequence_begin(all); b != last && count_ != most; ++b)
                if (const asio::const_buffer piece(*b); piece.size() != 0)
                    pieces_[count_++] = piece;
        }
        using value_type = asio::const_buffer;
        using const_iterator = const asio::const_buffer*;
        const_iterator begin() const noexcept { return pieces_.data(); }
        const_iterator end() const noexcept { return pieces_.data() + count_; }

    private:
        std::array<asio::const_buffer, most> pieces_;
        std::size_t count_ = 0;
    };

    using transferred = streamx::detail::any_handler<error_code, std::size_t>;
    using done = streamx::detail::any_handler<error_code>;

    template <class Buffers>
    static asio::mutable_buffer first_of(const Buffers& all) {
        const auto last = asio::buffer_sequence_end(all);
        for (auto b = asio::buffer_sequence_begin(all); b != last; ++b)
            if (const asio::mutable_buffer piece(*b); piece.size() != 0)
                return piece;
        return {};
    }

    struct base {
        virtual ~base() = default;
        virtual executor_type get_executor() = 0;
        virtual void read(asio::mutable_buffer to, transferred handler) = 0;
        virtual void write(const gathered& from, transferred handler) = 0;
        virtual void shutdown(done handler) = 0;
        virtual void close() = 0;
        virtual error_code set_linger(const asio::socket_base::linger& option) = 0;
    };

    template <class S>
    struct holder final : base {
        explicit holder(S s) : stream(std::move(s)) {}

        executor_type get_executor() override { return stream.get_executor(); }
        void read(asio::mutable_buffer to, transferred handler) override {
            stream.async_read_some(to, std::move(handler));
        }
        void write(const gathered& from, transferred handler) override {
            stream.async_write_some(from, std::move(handler));
        }
        void shutdown(done handler) override {
            if constexpr (requires { stream.async_shutdown(std::move(handler)); }) {
                stream.async_shutdown(std::move(handler));
            } else {
                error_code ec;
                detail::end_writes(stream, [&ec](error_code e) { ec = e; });
                auto ex = handler.get_executor();
                streamx::detail::post_to(
                    ex, std::allocator<void>(), [h = std::move(handler), ec]() mutable { h(ec); });
            }
        }
        void close() override { detail::close_stream(stream); }
        error_code set_linger([[maybe_unused]] const asio::socket_base::linger& option) override {
            error_code ec;
            if constexpr (detail::resettable<S>)
                stream.lowest_layer().set_option(option, ec);
            return ec;
        }

        S stream;
    };

    struct initiation {
        using executor_type = transport::executor_type;
        executor_type get_executor() const noexcept { return target->get_executor(); }
        base* target;
    };
    struct initiate_read : initiation {
        template <class Handler>
        void operator()(Handler handler, asio::mutable_buffer to) const {
            this->target->read(
                to,
                streamx::detail::erased<error_code, std::size_t>(
                    std::move(handler), this->get_executor()));
        }
    };
    struct initiate_write : initiation {
        template <class Handler>
        void operator()(Handler handler, const gathered& from) const {
            this->target->write(
                from,
                streamx::detail::erased<error_code, std::size_t>(
                    std::move(handler), this->get_executor()));
        }
    };
    struct initiate_shutdown : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            this->target->shutdown(
                streamx::detail::erased<error_code>(std::move(handler), this->get_executor()));
        }
    };

    std::unique_ptr<base> impl_;
};

} // namespace streamx::io
