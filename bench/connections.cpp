// Many connections to one thread, the clients in a process of their own.
//
//   connections/sse/10000     Server-Sent Events from one broadcast, each when the one before has come to
//                             all, an item a delivery; prints also the server's own processor time for
//                             each, its memory for each subscriber, and how often an event was encoded
//   connections/sse_burst/10000
//                             ten events at once: several go in one write
//   connections/idle          memory of a session that takes lines and answers them, and waits for one: a
//                             coroutine, with an idle deadline, an outbox and the 1 KiB that ours begins to
//                             read into
//   connections/idle_used     the same after a line and its answer
//   connections/raw_idle, connections/raw_idle_used
//                             the same coroutine on raw Asio: a socket and a buffer of 1 KiB, no deadline
//   connections/raw_callbacks the least that can be: one object, no coroutine, no deadline

#include "two_processes.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/accept_stream.hpp>
#include <streamx/io/framed.hpp>
#include <streamx/io/http.hpp>
#include <streamx/io/line_codec.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace io = streamx::io;
using namespace streamx::bench;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

constexpr std::size_t subscribers = 10'000;
constexpr std::size_t burst = 10; // events
constexpr std::size_t idle_connections = 5'000;
constexpr std::size_t session_buffer = 1024; // what ours begins with

/// Always as long.
io::sse_frame event(std::uint64_t number) {
    const auto id = std::to_string(1'000'000'000 + number);
    return io::sse_event{.data = std::string(100, 'x'), .event = "tick", .id = id};
}

// ------------------------------------------------------------------------------- the server's process

struct state {
    std::uint16_t events_port, lines_port, raw_port, raw_callbacks_port;
    std::uint64_t encoded; // events, so far
    double cpu_ns, resident, heap;
};

/// What comes goes back: the shortest that can be written.
asio::awaitable<void> raw_session(tcp::socket socket) {
    std::array<char, session_buffer> buffer;
    for (;;) {
        const auto n = co_await socket.async_read_some(asio::buffer(buffer), use_awaitable);
        co_await asio::async_write(socket, asio::buffer(buffer, n), use_awaitable);
    }
}

/// The same with the least memory.
class raw_callbacks : public std::enable_shared_from_this<raw_callbacks> {
public:
    explicit raw_callbacks(tcp::socket s) : socket_(std::move(s)) {}

    void read() {
        socket_.async_read_some(
            asio::buffer(buffer_),
            [self = shared_from_this()](boost::system::error_code ec, std::size_t n) {
                if (!ec)
                    self->write(n);
            });
    }

private:
    void write(std::size_t n) {
        asio::async_write(
            socket_,
            asio::buffer(buffer_, n),
            [self = shared_from_this()](boost::system::error_code ec, std::size_t) {
                if (!ec)
                    self->read();
            });
    }

    tcp::socket socket_;
    std::array<char, session_buffer> buffer_;
};

asio::awaitable<void> session(tcp::socket socket) {
    auto [in, out] = io::framed<io::line_codec>(std::move(socket));
    while (const auto line = co_await in.next())
        co_await out.send(*line);
}

class far_side {
public:
    far_side(asio::io_context& ctx, int control)
        : ctx_(ctx), control_(ctx, control), events_(ctx, any_port()), lines_(ctx, any_port()),
          raw_(ctx, any_port()), raw_callbacks_(ctx, any_port()), feed_(ctx.get_executor()) {
        asio::co_spawn(ctx, obey(), check);
        asio::co_spawn(
            ctx,
            io::http_serve(events_, [this](io::http_exchange& x) { return subscribe(x); }),
            check);
        asio::co_spawn(ctx, accept_each(lines_, session), check);
        asio::co_spawn(ctx, accept_each(raw_, raw_session), check);
        accept_callbacks();
    }

private:
    static tcp::endpoint any_port() { return {asio::ip::address_v4::loopback(), 0}; }

    asio::awaitable<void> obey() {
        for (;;) {
            order o{};
            boost::system::error_code ec;
            co_await asio::async_read(
                control_, asio::buffer(&o, sizeof o), asio::redirect_error(use_awaitable, ec));
            if (ec)
                std::_Exit(0);
            if (o.what == order::tell) {
                tell();
                continue;
            }
            co_await feed_.async_wait_subscribers(subscribers, use_awaitable);
            for (std::uint64_t i = 0; i != o.n; ++i) {
                const auto frame = event(put_);
                ++encoded_;
                bytes_[put_++ % bytes_.size()] = frame.bytes().data();
                co_await feed_.put(frame);
            }
        }
    }

    void tell() {
        write_to(
            control_.native_handle(),
            state{
                events_.local_endpoint().port(),
                lines_.local_endpoint().port(),
                raw_.local_endpoint().port(),
                raw_callbacks_.local_endpoint().port(),
                encoded_,
                cpu_ns(),
                resident(),
                heap()});
    }

    asio::awaitable<void> subscribe(io::http_exchange& x) {
        auto in = feed_.subscribe({.capacity = 16});
        auto out = x.events({.heartbeat = io::endpoint_limits::no_deadline}); // bytes are counted
        for (std::uint64_t i = put_; const auto frame = co_await in.next(); ++i) {
            if (frame->bytes().data() != bytes_[i % bytes_.size()])
                ++encoded_; // not the bytes that were put
            co_await out.send(*frame);
        }
    }

    asio::awaitable<void>
    accept_each(tcp::acceptor& acceptor, asio::awaitable<void> (*serve)(tcp::socket)) {
        auto connections = io::accept_stream(acceptor);
        while (auto socket = co_await connections.next())
            asio::co_spawn(ctx_, serve(*std::move(socket)), asio::detached);
    }

    void accept_callbacks() {
        raw_callbacks_.async_accept([this](boost::system::error_code ec, tcp::socket s) {
            if (ec)
                return;
            std::make_shared<raw_callbacks>(std::move(s))->read();
            accept_callbacks();
        });
    }

    asio::io_context& ctx_;
    asio::posix::stream_descriptor control_;
    tcp::acceptor events_, lines_, raw_, raw_callbacks_;
    streamx::broadcast<io::sse_frame> feed_;
    std::uint64_t put_ = 0;
    std::array<const char*, 1024> bytes_{}; // of the last events
    std::uint64_t encoded_ = 0;
};

using server = far_process<far_side, state>;

// ------------------------------------------------------------------------------ the clients' process

tcp::socket connect(asio::io_context& ctx, std::uint16_t port) {
    tcp::socket s(ctx);
    s.connect({asio::ip::address_v4::loopback(), port});
    s.set_option(tcp::no_delay(true));
    return s;
}

/// Waits for what ends with this, and throws it away.
void hear(tcp::socket& s, const std::string& end) {
    std::string heard;
    asio::read_until(s, asio::dynamic_buffer(heard), end);
}

/// Counts the bytes that come to all of them.
class listeners {
public:
    listeners(asio::io_context& ctx, std::uint16_t port) : ctx_(ctx) {
        sockets_.reserve(subscribers);
        for (std::size_t i = 0; i != subscribers; ++i) {
            auto& s = sockets_.emplace_back(connect(ctx, port));
            asio::write(s, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
            hear(s, "\r\n\r\n");
        }
        for (auto& s : sockets_)
            read(s);
    }

    void wait_for(std::uint64_t bytes) {
        due_ = bytes;
        ctx_.restart();
        ctx_.run();
        due_ = 0;
    }

private:
    void read(tcp::socket& s) {
        s.async_read_some(
            asio::buffer(buffer_), [this, &s](boost::system::error_code ec, std::size_t n) {
                if (ec)
                    throw boost::system::system_error(ec, "the server has ended a subscription");
                if ((due_ -= n) == 0)
                    ctx_.stop();
                read(s);
            });
    }

    asio::io_context& ctx_;
    std::vector<tcp::socket> sockets_;
    std::array<char, 4096> buffer_; // nobody looks at it
    std::uint64_t due_ = 0;
};

void events(const std::string& what, std::size_t at_once) {
    const std::string name = "connections/" + what + '/' + std::to_string(subscribers);
    if (!selected(name))
        return;
    const auto event_size = event(0).bytes().size();
    const server far;
    asio::io_context ctx(1);
    const auto before = far.ask();
    listeners all(ctx, before.events_port);
    const auto began = far.ask();
    std::uint64_t delivered = 0;
    run(
        name,
        [&](std::uint64_t n) {
            for (std::uint64_t put = 0; put != n / subscribers; put += at_once) {
                far.put(at_once);
                all.wait_for(at_once * subscribers * event_size);
            }
            delivered += n;
            return n;
        },
        [](std::uint64_t n) { return n; },
        subscribers * burst);
    const auto after = far.ask();
    std::printf(
        "server_cpu_ns=%.0f bytes_per_subscriber=%.0f encodes_an_event=%g\n",
        (after.cpu_ns - began.cpu_ns) / double(delivered),
        (after.resident - before.resident) / subscribers,
        double(after.encoded - began.encoded) / double(delivered / subscribers));
}

void idle(const std::string& name, std::uint16_t state::* port, bool used) {
    if (!selected(name))
        return;
    const server far;
    asio::io_context ctx(1);
    std::vector<tcp::socket> open;
    const auto connect_many = [&](std::size_t n) {
        const auto at = far.ask().*port;
        for (std::size_t i = 0; i != n; ++i) {
            auto& s = open.emplace_back(connect(ctx, at));
            if (used) {
                asio::write(s, asio::buffer(std::string("hello\n")));
                hear(s, "\n");
            }
        }
        far.ask(); // the last ones are accepted by then
    };
    connect_many(100); // what the first ones cost once is not counted
    const auto before = far.ask();
    connect_many(idle_connections);
    const auto after = far.ask();
    print_memory(name, idle_connections, before, after);
}

} // namespace

int main(int argc, char** argv) {
    init(argc, argv);
    allow_many_files();
    events("sse", 1);
    events("sse_burst", burst);
    idle("connections/idle", &state::lines_port, false);
    idle("connections/raw_idle", &state::raw_port, false);
    idle("connections/idle_used", &state::lines_port, true);
    idle("connections/raw_idle_used", &state::raw_port, true);
    idle("connections/raw_callbacks", &state::raw_callbacks_port, false);
}
