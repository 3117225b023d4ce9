#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::rsocket {

/// What carries the frames of a connection: bytes in order, each frame behind its length in three bytes.
/// One read and one write are outstanding at a time.
class transport {
public:
    /// Who reads and writes. Called on the transport's executor, never inside the call that asked.
    class user {
    public:
        virtual void on_read(error_code ec, std::size_t n) = 0;
        virtual void on_written(error_code ec) = 0;

    protected:
        ~user() = default;
    };
    using user_ptr = std::shared_ptr<user>;

    virtual ~transport() = default;
    virtual asio::any_io_executor get_executor() = 0;
    virtual void read(asio::mutable_buffer into, user_ptr whom) = 0;
    virtual void write(asio::const_buffer all, user_ptr whom) = 0;
    /// Tells the peer that no more comes. What it sends is still read.
    virtual void finish() noexcept = 0;
    /// Ends both directions at once; what is outstanding completes with an error.
    virtual void close() noexcept = 0;
};

/// A transport over any Asio AsyncReadStream and AsyncWriteStream.
template <class S>
class stream_transport final : public transport,
                               public std::enable_shared_from_this<stream_transport<S>> {
public:
    explicit stream_transport(S stream) : stream_(std::move(stream)) {}

    asio::any_io_executor get_executor() override { return stream_.get_executor(); }

    void read(asio::mutable_buffer into, user_ptr whom) override {
        stream_.async_read_some(
            into,
            [self = this->shared_from_this(),
             whom = std::move(whom)](error_code ec, std::size_t n) { whom->on_read(ec, n); });
    }
    void write(asio::const_buffer all, user_ptr whom) override {
        asio::async_write(
            stream_,
            all,
            [self = this->shared_from_this(), whom = std::move(whom)](error_code ec, std::size_t) {
                whom->on_written(ec);
            });
    }
    void finish() noexcept override {
        error_code ignored;
        stream_.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored);
    }
    void close() noexcept override {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

private:
    S stream_;
};

/// A transport over a connected stream of bytes: a socket, a TLS stream after its handshake, a
/// `testing::memory_stream`.
template <class S>
std::shared_ptr<transport> make_transport(S stream) {
    return std::make_shared<stream_transport<S>>(std::move(stream));
}

} // namespace streamx::rsocket
