#pragma once

#include <streamx/core/detail/any_handler.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/io/websocket.hpp>

#include <memory>

namespace streamx::rsocket {

/// A WebSocket as the stream of bytes that RSocket has elsewhere. In a WebSocket a frame is a binary
/// message by itself ("Framing Protocol Usage"); here it stands behind its length.
class websocket_frames {
public:
    using executor_type = asio::any_io_executor;
    using transferred = streamx::detail::any_handler<error_code, std::size_t>;
    using done = streamx::detail::any_handler<error_code>;

    explicit websocket_frames(std::unique_ptr<io::websocket> ws);

    executor_type get_executor() const noexcept;
    void async_read_some(asio::mutable_buffer to, transferred handler);
    /// Completes when the WebSocket's own outbox is empty again.
    template <class Buffers>
    void async_write_some(const Buffers& from, transferred handler) {
        std::size_t n = 0;
        for (auto b = asio::buffer_sequence_begin(from); b != asio::buffer_sequence_end(from); ++b)
            n += put(*b);
        write(n, std::move(handler));
    }
    void async_shutdown(done handler);
    void close();

private:
    struct state;
    struct read_op;
    struct write_op;

    std::size_t put(asio::const_buffer bytes);
    void write(std::size_t n, transferred handler);

    std::shared_ptr<state> state_;
};

} // namespace streamx::rsocket
