#include <streamx/io/websocket_bytes.hpp>

#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streamx::io {
namespace {

using transferred = streamx::detail::any_handler<error_code, std::size_t>;

/// Calls it later.
template <class... Args>
void complete(
    streamx::detail::any_handler<error_code, Args...> handler, error_code ec, Args... args) {
    auto ex = handler.get_executor();
    streamx::detail::post_to(
        ex, std::allocator<void>(), [h = std::move(handler), ec, args...]() mutable {
            h(ec, args...);
        });
}

class layer {
    struct state {
        explicit state(websocket w) : executor(w.in.get_executor()), ws(std::move(w)) {}

        asio::any_io_executor executor;
        std::optional<websocket> ws; // none: closed
        std::string message;         // the last one that came
        std::size_t taken = 0;       // of it
    };

    /// What has come goes to who reads; otherwise it waits for more.
    struct read_op {
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return of->executor; }
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return handler.get_cancellation_slot();
        }

        void operator()(error_code ec) {
            if (ec || !of->ws)
                return finish(ec ? ec : asio::error::operation_aborted, 0);
            try {
                while (of->taken == of->message.size()) {
                    auto next = of->ws->in.try_next();
                    if (next.is_pending()) {
                        auto& in = of->ws->in; // this is moved away
                        return in.async_wait(std::move(*this));
                    }
                    if (next.is_end())
                        return finish(asio::error::eof, 0);
                    of->message = std::move(next->data);
                    of->taken = 0;
                }
            } catch (...) {
                return finish(to_error_code(std::current_exception()), 0);
            }
            const auto n = std::min(to.size(), of->message.size() - of->taken);
            std::memcpy(to.data(), of->message.data() + of->taken, n);
            of->taken += n;
            finish({}, n);
        }

        void finish(error_code ec, std::size_t n) {
            of.reset();
            complete(std::move(handler), ec, n);
        }

        std::shared_ptr<state> of;
        transferred handler;
        asio::mutable_buffer to;
    };

    /// Done when the WebSocket has written it, not when it has taken it: what is flushed here is to be with
    /// the kernel, and one outbox full is enough.
    struct write_op {
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return handler.get_executor(); }
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return handler.get_cancellation_slot();
        }
        void operator()(error_code ec) {
            if (!ec && !of->ws)
                ec = asio::error::operation_aborted;
            if (!ec && !std::exchange(taken, true)) {
                auto& out = of->ws->out; // this is moved away
                return out.async_flush(std::move(*this));
            }
            of.reset();
            std::move(handler)(ec, ec ? 0 : size);
        }

        std::shared_ptr<state> of;
        transferred handler;
        std::size_t size;
        bool taken = false;
    };

public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = layer;

    explicit layer(websocket ws) : state_(std::make_shared<state>(std::move(ws))) {}

    executor_type get_executor() const { return state_->executor; }
    layer& lowest_layer() noexcept { return *this; }

    void async_read_some(asio::mutable_buffer to, transferred handler) {
        read_op{state_, std::move(handler), to}({});
    }

    template <class Buffers>
    void async_write_some(const Buffers& buffers, transferred handler) {
        if (!state_->ws)
            return complete(std::move(handler), asio::error::operation_aborted, std::size_t(0));
        std::string bytes(asio::buffer_size(buffers), '\0');
        asio::buffer_copy(asio::buffer(bytes), buffers);
        const auto size = bytes.size();
        state_->ws->out.async_send(
            websocket_message(std::move(bytes), true), write_op{state_, std::move(handler), size});
    }

    void async_shutdown(streamx::detail::any_handler<error_code> handler) {
        if (!state_->ws)
            return complete(std::move(handler), asio::error::operation_aborted);
        state_->ws->out.async_close(std::move(handler));
    }

    /// The only one that is set: closing is to be no end. The peer gets a code that says so.
    void set_option(const asio::socket_base::linger&, error_code& ec) {
        ec = {};
        if (state_->ws)
            state_->ws->out.close(close_code::internal_error);
    }
    void close(error_code& ec) {
        ec = {};
        state_->ws.reset();
    }

private:
    std::shared_ptr<state> state_;
};

} // namespace

transport websocket_bytes(websocket ws) { return layer(std::move(ws)); }

} // namespace streamx::io
