#include <streamx/io/websocket_bytes.hpp>

#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    /// With the longest head that it can have a message goes in one write of the outbox.
    static constexpr std::size_t most = detail::outbox<transport>::write_size - 14;

    struct state {
        explicit state(websocket w) : executor(w.in.get_executor()), ws(std::move(w)) {}

        asio::any_io_executor executor;
        std::optional<websocket> ws; // none: closed
        std::string message;         // the last one that did not come piece by piece
        std::size_t taken = 0;       // of it
        error_code over;             // what comes behind the bytes
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
            auto& in = of->ws->in; // this is moved away
            auto rest = to;
            while (rest.size() == to.size() && to.size() != 0) {
                if (of->taken != of->message.size()) {
                    const auto n = asio::buffer_copy(rest, asio::buffer(of->message) + of->taken);
                    of->taken += n;
                    rest += n;
                    break;
                }
                if (of->over)
                    return finish(of->over, 0);
                try {
                    auto next = detail::websocket_access::read(in, rest);
                    if (next) {
                        of->message = std::move(next->data);
                        of->taken = 0;
                    } else if (next.is_end()) {
                        of->over = asio::error::eof;
                    } else if (rest.size() == to.size()) {
                        waited = true;
                        return in.async_wait(std::move(*this));
                    }
                } catch (...) {
                    of->over = to_error_code(std::current_exception());
                }
            }
            finish({}, to.size() - rest.size());
        }

        void finish(error_code ec, std::size_t n) {
            const bool here = waited && handler.get_executor() == of->executor;
            of.reset();
            if (here)
                std::move(handler)(ec, n);
            else
                complete(std::move(handler), ec, n);
        }

        std::shared_ptr<state> of;
        transferred handler;
        asio::mutable_buffer to;
        bool waited = false; // and so this runs by itself
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
            if (!ec && !taken) {
                auto& out = of->ws->out; // this is moved away
                try {
                    if (!out.try_send(detail::websocket_pieces{pieces}))
                        return out.async_wait(std::move(*this));
                } catch (...) {
                    of.reset();
                    return complete(
                        std::move(handler),
                        to_error_code(std::current_exception()),
                        std::size_t(0));
                }
                taken = true;
                return out.async_flush(std::move(*this));
            }
            of.reset();
            std::move(handler)(ec, ec ? 0 : asio::buffer_size(pieces));
        }

        std::shared_ptr<state> of;
        transferred handler;
        std::vector<asio::const_buffer> pieces;
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
        std::vector<asio::const_buffer> pieces;
        for (auto left = most; const asio::const_buffer& b : buffers) {
            pieces.push_back(asio::buffer(b, left));
            left -= pieces.back().size();
        }
        write_op{state_, std::move(handler), std::move(pieces)}({});
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
