// Sessions, of a client or of a server, with a peer that writes whatever bytes it likes to a connection in
// memory: garbage, frames of every kind in any order, many times over, and then nothing. Whoever asked for
// something is answered, nothing is left when the connection is gone, and the memory has its limit however
// much comes.

#include "fuzz_input.hpp"
#include "heap_limit.hpp"

#include <rsocket/frame.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/take_while.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/repeat_with.hpp>
#include <streamx/testing/memory_stream.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace streamx::rsocket;
using namespace std::chrono_literals;
using streamx::fuzz::input;
using streamx::fuzz::require;
using streamx::testing::memory_stream;
namespace asio = boost::asio;

constexpr std::size_t most_memory = 64 * 1024 * 1024;
constexpr int most_handlers = 2000; // before the peer does something again: a stream may be endless
constexpr int most_items = 100'000; // of all streams: a peer may ask for 2^31 of each
constexpr std::size_t most_written = 4 * 1024 * 1024;

class run {
public:
    explicit run(unsigned how) : how_(how) {
        auto [ours, theirs] = memory_stream::pair(ctx_.get_executor());
        peer_.emplace(std::move(theirs));
        if ((how & 1) != 0)
            be_client(std::move(ours));
        else
            be_server(std::move(ours));
        read();
    }

    void step(input& in) {
        switch (in.byte() % 8) {
        case 0:
            write(in.bytes(in.byte()));
            break;
        case 1: // behind its length, so that what follows is heard
        {
            const auto body = in.bytes(in.byte());
            std::string bytes{0, 0, static_cast<char>(body.size())};
            write(bytes += body);
        } break;
        case 2:
            go_on();
            break;
        case 3:
            time_.run_for(std::chrono::milliseconds(in.byte() * 50));
            break;
        case 4:
            reading_ = !reading_; // a peer that does not hear
            read();
            break;
        case 5: // a thousand streams at once, say
            write(frames(in, 1U << in.byte() % 11));
            break;
        default:
            write(frames(in, 1));
            break;
        }
    }

    /// The peer goes. What is open ends, and nobody is there any more.
    void end() {
        peer_.reset();
        for (int i = 0; i != 50; ++i) // an endless stream has no end, but its consumer
            go_on();
        time_.run_for(10min);
        require(open_ == 0, "everybody who asked is answered");
        require(!server_ || server_->connections() == 0, "a server forgets who has gone");
        require(!client_ || !client_->is_open(), "a client is closed when its server has gone");
    }

private:
    void be_server(memory_stream ours) {
        server_options o;
        if ((how_ & 2) != 0)
            o.resume.emplace();
        if ((how_ & 4) != 0)
            o.lease.emplace();
        if ((how_ & 8) != 0)
            o.window_bytes = 1000;
        server_.emplace(ctx_.get_executor(), o);
        server_->on_stream("", [this](const request&) { return endless(); });
        server_->on_channel("", [](const request&, payload_stream in) { return in; });
        server_->on_response("", [](request r) -> asio::awaitable<payload> {
            co_await asio::post(asio::use_awaitable);
            co_return std::move(r.message);
        });
        server_->on_fire_and_forget("", [](const request&) {});
        server_->on_metadata_push([](const std::string&) {});
        server_->accept(asio_transport(std::move(ours)));
    }

    void be_client(memory_stream ours) {
        client_options o;
        o.lease = (how_ & 4) != 0;
        if ((how_ & 8) != 0)
            o.window_bytes = 1000;
        o.responder = std::make_shared<router>();
        o.responder->on_stream("", [this](const request&) { return endless(); });
        o.responder->on_response("", [](request r) { return std::move(r.message); });
        ++open_;
        async_connect(asio_transport(std::move(ours)), o, [this](auto ec, client made) {
            --open_;
            if (ec)
                return;
            client_.emplace(std::move(made));
            consume(client_->request_stream(""));
            consume(client_->request_channel("", endless()));
            ++open_;
            client_->async_request_response(
                "", payload("question"), [this](const std::exception_ptr&, const payload&) {
                    --open_;
                });
        });
    }

    static streamx::io::transport asio_transport(memory_stream s) { return {std::move(s)}; }

    streamx::any_stream<payload> endless() {
        return streamx::repeat_with([] { return payload(std::string(100, 'x')); }) |
               streamx::take_while([this](const payload&) { return items_++ < most_items; }) |
               streamx::on(ctx_.get_executor());
    }

    void consume(payload_stream s) {
        ++open_;
        const auto all = [](payload_stream items) -> asio::awaitable<void> {
            for (;;) {
                const auto item = co_await items.next();
                if (!item)
                    break;
            }
        };
        asio::co_spawn(ctx_, all(std::move(s)), [this](const std::exception_ptr&) { --open_; });
    }

    /// Frames whose header is none of chance, each of a stream of its own.
    static std::string frames(input& in, unsigned n) {
        frame f;
        f.type = static_cast<frame_type>(1 + in.byte() % 14);
        if (f.type >= frame_type::request_response && f.type <= frame_type::error)
            f.stream = in.byte() % 16;
        f.flags = static_cast<std::uint16_t>(in.byte() % 16 << 5 & ~flags::metadata);
        const auto credit = in.byte();
        f.n = credit == 0 ? max_31 : credit;
        f.major = 1;
        f.interval = f.ttl = f.requests = 1000;
        f.lifetime = 3000;
        f.position = f.first = in.byte();
        f.token = "t";
        f.metadata_mime = "m";
        f.data_mime = "d";
        const auto size = in.byte();
        if (size % 2 != 0)
            f.metadata = in.bytes(in.byte() % 16);
        f.data = in.bytes(size);
        std::string bytes;
        for (; n != 0; --n) {
            encode(f, bytes);
            if (f.stream != 0)
                f.stream += 2;
        }
        return bytes;
    }

    void write(std::string_view bytes) {
        if (!peer_ || (written_ += bytes.size()) > most_written)
            return;
        bool done = false;
        asio::async_write(*peer_, asio::buffer(bytes), [&](auto, std::size_t) { done = true; });
        for (int i = 0; !done && i != most_handlers && one() != 0; ++i) {
        }
        if (!done)
            peer_.reset(); // it is not read here any more
        while (!done && one() != 0) {
        }
    }

    void read() {
        if (!peer_ || !reading_ || std::exchange(read_pending_, true))
            return;
        peer_->async_read_some(asio::buffer(heard_), [this](auto ec, std::size_t) {
            read_pending_ = false;
            if (!ec)
                read();
        });
    }

    std::size_t one() {
        ctx_.restart();
        return ctx_.poll_one();
    }
    void go_on() {
        for (int i = 0; i != most_handlers && one() != 0; ++i) {
        }
    }

    unsigned how_;
    asio::io_context ctx_;
    streamx::testing::virtual_clock time_{ctx_};
    std::array<char, 16 * 1024> heard_;
    bool reading_ = true, read_pending_ = false;
    std::size_t written_ = 0;
    int items_ = 0;
    int open_ = 0; // what somebody waits for
    std::optional<memory_stream> peer_;
    std::optional<server> server_;
    std::optional<client> client_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const streamx::fuzz::heap_limit limit(most_memory);
    input in(data, size);
    run r(in.byte());
    while (!in.empty())
        r.step(in);
    r.end();
    return 0;
}
