#include "websocket_frames.hpp"

#include "big_endian.hpp"
#include "frame.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

struct websocket_frames::state {
    explicit state(std::unique_ptr<io::websocket> both)
        : executor(both->in.get_executor()), ws(std::move(both)) {}

    /// Bytes of the frames that have come; 0: there are none yet, or `over` says why there are no more.
    std::size_t take(asio::mutable_buffer to) {
        std::size_t n = 0;
        while (n != to.size() && (taken != incoming.size() || next_message())) {
            const auto some = std::min(to.size() - n, incoming.size() - taken);
            std::memcpy(static_cast<char*>(to.data()) + n, incoming.data() + taken, some);
            n += some;
            taken += some;
        }
        return n;
    }

    bool next_message() {
        if (over)
            return false;
        try {
            const auto message = ws->in.try_next();
            if (message.is_end())
                over = asio::error::eof;
            if (!message)
                return false;
            if (!message->binary || message->data.size() > max_frame_size) {
                over = streamx::errc::malformed; // a message that is no frame
                return false;
            }
            incoming.clear();
            put_number(incoming, message->data.size(), length_size);
            incoming += message->data;
            taken = 0;
            return true;
        } catch (const boost::system::system_error& e) {
            over = e.code();
            return false;
        }
    }

    asio::any_io_executor executor;
    std::unique_ptr<io::websocket> ws; // null: closed
    std::string incoming;              // one frame behind its length
    std::size_t taken = 0;             // of that
    error_code over;
    std::string outgoing; // given to be written, and not in the outbox yet
};

/// Waits for messages until there are bytes.
struct websocket_frames::read_op {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return handler.get_executor(); }

    void operator()(error_code) {
        error_code ec = asio::error::operation_aborted;
        std::size_t n = 0;
        if (of->ws) {
            n = of->take(to);
            if (n == 0 && !of->over)
                return wait();
            ec = n == 0 ? of->over : error_code();
        }
        of.reset();
        handler(ec, n);
    }
    void wait() {
        const auto kept = of;
        kept->ws->in.async_wait(std::move(*this));
    }

    std::shared_ptr<state> of;
    asio::mutable_buffer to;
    transferred handler;
};

/// Fills the outbox as there is room, and waits until it is written.
struct websocket_frames::write_op {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return handler.get_executor(); }

    void operator()(error_code ec) {
        if (!of->ws)
            ec = asio::error::operation_aborted;
        if (ec || flushing) {
            of.reset();
            return handler(ec, ec ? 0 : n);
        }
        const auto kept = of;
        auto& out = kept->ws->out;
        std::string_view rest = kept->outgoing;
        for (auto before = rest;; before = rest) {
            const auto frame = next_frame(rest, max_frame_size);
            if (!frame) { // the rest of it comes with the next write
                kept->outgoing.erase(0, kept->outgoing.size() - rest.size());
                flushing = true;
                return out.async_flush(std::move(*this));
            }
            if (!out.try_send(io::websocket_message(std::string(*frame), true))) {
                kept->outgoing.erase(0, kept->outgoing.size() - before.size());
                return out.async_wait(std::move(*this));
            }
        }
    }

    std::shared_ptr<state> of;
    std::size_t n;
    transferred handler;
    bool flushing = false;
};

websocket_frames::websocket_frames(std::unique_ptr<io::websocket> ws)
    : state_(std::make_shared<state>(std::move(ws))) {}

websocket_frames::executor_type websocket_frames::get_executor() const noexcept {
    return state_->executor;
}

void websocket_frames::async_read_some(asio::mutable_buffer to, transferred handler) {
    auto ex = handler.get_executor();
    read_op op{state_, to, std::move(handler)};
    if (state_->taken != state_->incoming.size() || !state_->ws)
        streamx::detail::post_to(
            ex, std::allocator<void>(), [op = std::move(op)]() mutable { op({}); });
    else
        op.wait();
}

std::size_t websocket_frames::put(asio::const_buffer bytes) {
    state_->outgoing.append(static_cast<const char*>(bytes.data()), bytes.size());
    return bytes.size();
}

void websocket_frames::write(std::size_t n, transferred handler) {
    auto ex = handler.get_executor();
    streamx::detail::post_to(
        ex, std::allocator<void>(), [op = write_op{state_, n, std::move(handler)}]() mutable {
            op({});
        });
}

void websocket_frames::async_shutdown(done handler) {
    if (state_->ws)
        return state_->ws->out.async_close(std::move(handler));
    auto ex = handler.get_executor();
    streamx::detail::post_to(ex, std::allocator<void>(), [h = std::move(handler)]() mutable {
        h(asio::error::operation_aborted);
    });
}

void websocket_frames::close() { state_->ws.reset(); }

} // namespace streamx::rsocket
