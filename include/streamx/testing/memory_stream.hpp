#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

namespace streamx::testing {

namespace detail {
struct memory_end;

/// What came of a look at the bytes.
struct transfer {
    bool done;
    error_code ec;
    std::size_t bytes;
};

/// An end of a pair as its operations share it.
using memory_end_ptr = std::shared_ptr<memory_end>;
std::shared_ptr<streamx::detail::gate<std::mutex>> readable(const memory_end_ptr& end);
std::shared_ptr<streamx::detail::gate<std::mutex>> writable(const memory_end_ptr& end);
/// Counts an operation and gives it its turn: nothing while another one has that.
std::shared_ptr<void> begin_read(memory_end& end);
std::shared_ptr<void> begin_write(memory_end& end);
transfer read(memory_end& end, std::span<const asio::mutable_buffer> to);
transfer write(memory_end& end, std::span<const asio::const_buffer> from);
} // namespace detail

/// What one end of a memory pair is told to do, and what it has seen. Copies are the same, and may
/// outlive the end.
class memory_script {
public:
    /// Reads and writes move at most so many bytes each; by default as many as they can.
    memory_script& read_at_most(std::size_t bytes);
    memory_script& write_at_most(std::size_t bytes);
    /// The same, asked for each read.
    memory_script& read_at_most(std::function<std::size_t()> bytes);
    /// The n-th read or write from the beginning, counted from 1, fails with `ec`, and so do all later
    /// ones.
    memory_script& fail_read(std::size_t n, error_code ec = asio::error::connection_reset);
    memory_script& fail_write(std::size_t n, error_code ec = asio::error::connection_reset);
    /// How many bytes that were written here may wait for the peer to read them.
    memory_script& capacity(std::size_t bytes);
    /// Breaks the connection as a killed peer does: both ends fail with `connection_reset`.
    void reset();

    /// How many reads and writes were started.
    std::size_t reads() const;
    std::size_t writes() const;
    /// How many of them while one of the same kind was outstanding: they got
    /// `errc::operation_in_progress`.
    std::size_t overlaps() const;
    /// How many bytes were written here in all, and how many of them wait for the peer.
    std::size_t written() const;
    std::size_t unread() const;
    /// Whether this end has been closed or destroyed.
    bool closed() const;

private:
    friend class memory_stream;
    explicit memory_script(detail::memory_end_ptr end) noexcept : end_(std::move(end)) {}
    detail::memory_end_ptr end_;
};

/// One end of a connection in memory: an Asio AsyncReadStream and AsyncWriteStream, with half close.
/// It behaves like a TCP socket on a good day, or as its `script()` says.
///
/// Destroying an end closes it: the peer reads what was written, then `eof`; its writes fail with
/// `broken_pipe`. The two ends may be used on different threads, each from one at a time.
class memory_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = memory_stream;

    /// Two ends that are connected; each holds at most `capacity` unread bytes of the other.
    static std::pair<memory_stream, memory_stream>
    pair(const asio::any_io_executor& a, const asio::any_io_executor& b, std::size_t capacity);
    static std::pair<memory_stream, memory_stream>
    pair(const asio::any_io_executor& ex, std::size_t capacity = 64 * 1024) {
        return pair(ex, ex, capacity);
    }

    memory_stream(memory_stream&& other) noexcept = default;
    memory_stream& operator=(memory_stream&& other) noexcept;
    ~memory_stream();

    executor_type get_executor() const noexcept { return executor_; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }
    memory_script script() const { return memory_script(end_); }

    bool is_open() const;
    /// Ends one direction or both. What was written before is still read.
    void shutdown(asio::socket_base::shutdown_type what, error_code& ec);
    /// `linger(true, 0)` makes of closing a reset, as with TCP.
    void set_option(const asio::socket_base::linger& option, error_code& ec);
    /// Closes this end; its operations complete with `operation_aborted`.
    void close(error_code& ec);
    void close();
    /// Completes the outstanding operations of this end with `operation_aborted`.
    void cancel();

    /// Reads what there is, at most as much as fits.
    /// @completes `void(error_code, std::size_t)` on the handler's associated executor, the stream's
    ///            by default; never inside this call
    /// @errors  `eof`, `connection_reset`, what the script says; `operation_aborted`: cancelled, or
    ///          closed; `errc::operation_in_progress`: another read is outstanding
    /// @cancels total, partial, terminal; nothing was read
    /// @threads as the class; the memory of `buffers` stays alive until completion
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate<reading>{this}, token, reading(buffers));
    }

    /// Writes as much as there is room for.
    /// @completes `void(error_code, std::size_t)` on the handler's associated executor, the stream's
    ///            by default; never inside this call
    /// @errors  `broken_pipe`, `connection_reset`, what the script says; `operation_aborted`:
    ///          cancelled, or closed; `errc::operation_in_progress`: another write is outstanding
    /// @cancels total, partial, terminal; nothing was written
    /// @threads as the class; the memory of `buffers` stays alive until completion
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            initiate<writing>{this}, token, writing(buffers));
    }

private:
    /// As many buffers of a sequence as one operation looks at.
    template <class Buffer>
    struct some_buffers {
        template <class Buffers>
        explicit some_buffers(const Buffers& all) {
            const auto last = asio::buffer_sequence_end(all);
            for (auto it = asio::buffer_sequence_begin(all); it != last && count != some.size();
                 ++it)
                some[count++] = Buffer(*it);
        }
        std::span<const Buffer> list() const noexcept { return {some.data(), count}; }

        std::array<Buffer, 64> some;
        std::size_t count = 0;
    };

    struct reading : some_buffers<asio::mutable_buffer> {
        using some_buffers::some_buffers;
        static auto begin(detail::memory_end& end) { return begin_read(end); }
        static auto ready(const detail::memory_end_ptr& end) { return readable(end); }
        detail::transfer attempt(detail::memory_end& end) const { return read(end, list()); }
    };

    struct writing : some_buffers<asio::const_buffer> {
        using some_buffers::some_buffers;
        static auto begin(detail::memory_end& end) { return begin_write(end); }
        static auto ready(const detail::memory_end_ptr& end) { return writable(end); }
        detail::transfer attempt(detail::memory_end& end) const { return write(end, list()); }
    };

    template <class What, class Handler>
    struct transfer_op : streamx::detail::bound_handler<Handler, executor_type> {
        using base = streamx::detail::bound_handler<Handler, executor_type>;

        transfer_op(Handler handler, const memory_stream& s, const What& w)
            : base(std::move(handler), s.executor_), end(s.end_), what(w) {}

        void start() {
            turn = What::begin(*end);
            const auto got =
                turn ? what.attempt(*end) : detail::transfer{true, errc::operation_in_progress, 0};
            if (!got.done)
                return wait();
            auto ex = this->get_executor();
            auto allocator = this->get_allocator();
            streamx::detail::post_to(ex, allocator, [op = std::move(*this), got]() mutable {
                op.complete(got.ec, got.bytes);
            });
        }

        void operator()(error_code ec) {
            if (ec)
                return complete(ec, 0);
            if (const auto got = what.attempt(*end); got.done)
                complete(got.ec, got.bytes);
            else
                wait();
        }

    private:
        void wait() {
            const auto gate = What::ready(end);
            auto ex = this->get_executor();
            streamx::detail::async_wait_on(gate, ex, std::move(*this));
        }

        void complete(error_code ec, std::size_t bytes) {
            turn.reset();
            std::move(this->handler())(ec, bytes);
        }

        detail::memory_end_ptr end;
        What what;
        std::shared_ptr<void> turn;
    };

    template <class What>
    struct initiate {
        using executor_type = memory_stream::executor_type;
        executor_type get_executor() const noexcept { return self->executor_; }

        template <class Handler>
        void operator()(Handler handler, const What& what) const {
            transfer_op<What, Handler>(std::move(handler), *self, what).start();
        }

        memory_stream* self;
    };

    memory_stream(asio::any_io_executor ex, detail::memory_end_ptr end) noexcept
        : executor_(std::move(ex)), end_(std::move(end)) {}

    executor_type executor_;
    detail::memory_end_ptr end_;
};

} // namespace streamx::testing
