// JetStream, with servers that are started for it on free ports: one, and a cluster of three.
//
//   nats/publish/<who>/<bytes>/<servers>   messages, each acknowledged by the server, 4096 in flight
//   nats/pull/<who>/<bytes>/<servers>      a durable consumer, each message acknowledged
//   nats/batched_publish/streamx/16/<servers>, nats/batched_pull/...   items of 16 bytes, 2048 a message
//
// <who> is streamx, or stock: the client library's own API, with its threads. Both have the same
// stream's configuration, as many messages in flight, ids of the same length, and are connected to the
// same server, which leads the stream: where the leader is decides more than what the client does.

#include "bench.hpp"

#include "../tests/nats/server.hpp"

#include <streamx/nats.hpp>
#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nats/nats.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace nats = streamx::nats;
using namespace std::chrono_literals;
using asio::use_awaitable;

namespace {

constexpr std::size_t in_flight = 4096;
constexpr auto id_prefix = "bench";
constexpr int batch = 256;

/// Of 16 bytes, of which the first are its number.
using record = std::array<char, 16>;

record record_of(std::uint64_t i) {
    record r{};
    std::memcpy(r.data(), &i, sizeof i);
    return r;
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t i = 0;
    std::memcpy(&i, bytes.data(), sizeof i);
    return i;
}

struct record_codec {
    using value_type = record;
    std::optional<record> decode(std::string_view& in) const {
        if (in.size() < sizeof(record))
            return {};
        record r;
        std::memcpy(r.data(), in.data(), sizeof r);
        in.remove_prefix(sizeof r);
        return r;
    }
    void encode(const record& r, streamx::io::write_buffer& out) const {
        out.append({r.data(), r.size()});
    }
};

/// Servers with a stream, and a connection to them.
class site {
public:
    explicit site(unsigned count) : servers_(count), replicas_(count) {
        run([this]() -> asio::awaitable<void> {
            nats::connect_options options;
            options.servers.push_back(url());
            connection = co_await nats::async_connect(
                context.get_executor(), std::move(options), use_awaitable);
        });
    }
    ~site() {
        run([this]() -> asio::awaitable<void> { co_await connection.async_close(use_awaitable); });
        context.run();
    }

    /// Runs a coroutine to its end.
    template <class F>
    void run(F body) {
        context.restart();
        asio::co_spawn(context, std::move(body), [this](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
            context.stop();
        });
        context.run();
    }

    /// An empty stream, another each time, so that nothing of the last one counts.
    std::string new_stream() {
        const streamx::bench::untimed pause;
        do
            replace_stream();
        while (replicas_ > 1 && servers_.leader_of(name_) != 0);
        return name_;
    }

    /// A consumer of the stream, with a leader.
    void new_consumer(const std::string& stream) {
        run([&]() -> asio::awaitable<void> {
            nats::consumer_config config;
            config.stream = stream;
            config.durable = "D";
            co_await nats::ensure_consumer(connection, std::move(config), use_awaitable);
        });
    }

    /// Where everybody connects to.
    std::string url() const { return servers_.urls().front(); }

    asio::io_context context{1};
    nats::connection connection;

private:
    void replace_stream() {
        const auto old = std::exchange(name_, "S" + std::to_string(++streams_));
        run([&]() -> asio::awaitable<void> {
            if (!old.empty())
                co_await connection.async_request(
                    "$JS.API.STREAM.DELETE." + old, "", 10s, use_awaitable);
            nats::stream_config config;
            config.name = name_;
            config.subjects.push_back(name_);
            config.storage = nats::storage::memory;
            config.replicas = replicas_;
            co_await nats::ensure_stream(connection, std::move(config), use_awaitable);
        });
    }

    streamx::testing::nats_servers servers_;
    unsigned replicas_;
    std::string name_;
    int streams_ = 0;
};

// ----------------------------------------------------------------------------------------- streamx

template <class Codec, class Make>
std::uint64_t
publish(site& s, const std::string& stream, std::uint64_t n, std::size_t together, Make make) {
    std::uint64_t stored = 0;
    s.run([&]() -> asio::awaitable<void> {
        nats::sink_options options;
        options.subject = stream;
        options.window = in_flight;
        options.id_prefix = id_prefix;
        options.items_per_message = together;
        nats::jetstream_sink<Codec> sink(s.connection, std::move(options));
        auto items = streamx::range(std::uint64_t(0), n) | streamx::on(s.context.get_executor()) |
                     streamx::map(make);
        co_await streamx::forward_to(std::move(items), sink, use_awaitable);
        co_await sink.async_flush(use_awaitable);
        const auto stats = sink.stats();
        stored = stats.acknowledged == stats.accepted ? n : 0;
    });
    return stored;
}

template <class Codec>
std::uint64_t pull(site& s, const std::string& stream, std::uint64_t n) {
    std::uint64_t sum = 0;
    s.run([&]() -> asio::awaitable<void> {
        nats::source_options options;
        options.stream = stream;
        options.durable = "D";
        options.consumer_exists = true;
        options.capacity = 4 * batch;
        options.batch = batch;
        auto source =
            nats::jetstream_source<Codec>(s.connection, std::move(options)) | streamx::take(n);
        co_await streamx::async_for_each(
            std::move(source),
            [&sum](const auto& item) { sum += number_in({item.data(), item.size()}); },
            use_awaitable);
        co_await s.connection.async_request( // behind the acknowledgements
            "$JS.API.CONSUMER.INFO." + stream + ".D",
            "",
            10s,
            use_awaitable);
    });
    return sum;
}

// ------------------------------------------------------------------------------------------- stock

void check(natsStatus status, const char* what) {
    if (status == NATS_OK)
        return;
    std::fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
    std::exit(1);
}

class stock {
public:
    explicit stock(const site& s) {
        natsOptions* options = nullptr;
        check(natsOptions_Create(&options), "options");
        check(natsOptions_SetURL(options, s.url().c_str()), "url");
        check(natsConnection_Connect(&connection_, options), "connect");
        natsOptions_Destroy(options);
        jsOptions js;
        jsOptions_Init(&js);
        js.PublishAsync.MaxPending = in_flight;
        js.PublishAsync.StallWait = 10000;
        check(natsConnection_JetStream(&js_, connection_, &js), "jetstream");
    }
    stock(const stock&) = delete;
    stock& operator=(const stock&) = delete;
    ~stock() {
        jsCtx_Destroy(js_);
        natsConnection_Destroy(connection_);
    }

    std::uint64_t publish(const std::string& stream, std::uint64_t n, std::size_t size) {
        std::string payload(size, 'x'), id;
        for (std::uint64_t i = 0; i != n; ++i) {
            std::memcpy(payload.data(), &i, sizeof i);
            ((id = id_prefix) += ':') += std::to_string(i);
            jsPubOptions options;
            jsPubOptions_Init(&options);
            options.MsgId = id.c_str();
            check(
                js_PublishAsync(
                    js_, stream.c_str(), payload.data(), static_cast<int>(size), &options),
                "publish");
        }
        check(js_PublishAsyncComplete(js_, nullptr), "complete");
        return n;
    }

    std::uint64_t pull(const std::string& stream, std::uint64_t n) {
        jsSubOptions options;
        jsSubOptions_Init(&options);
        options.Stream = stream.c_str();
        options.Consumer = "D";
        natsSubscription* sub = nullptr;
        check(
            js_PullSubscribe(&sub, js_, stream.c_str(), "D", nullptr, &options, nullptr),
            "subscribe");
        std::uint64_t sum = 0;
        for (std::uint64_t got = 0; got < n;) {
            natsMsgList list{};
            check(natsSubscription_Fetch(&list, sub, batch, 10000, nullptr), "fetch");
            for (int i = 0; i < list.Count; ++i, ++got) {
                auto* m = list.Msgs[i];
                if (got < n)
                    sum += number_in(
                        {natsMsg_GetData(m), static_cast<std::size_t>(natsMsg_GetDataLength(m))});
                check(natsMsg_Ack(m, nullptr), "ack");
            }
            natsMsgList_Destroy(&list);
        }
        check(natsConnection_Flush(connection_), "flush");
        natsSubscription_Destroy(sub);
        return sum;
    }

private:
    natsConnection* connection_ = nullptr;
    jsCtx* js_ = nullptr;
};

// ----------------------------------------------------------------------------------------- the rows

auto text_of(std::size_t size) {
    return [payload = std::string(size, 'x')](std::uint64_t i) mutable {
        std::memcpy(payload.data(), &i, sizeof i);
        return payload;
    };
}

std::uint64_t as_many(std::uint64_t n) { return n; }

class rows {
public:
    explicit rows(unsigned servers) : servers_(servers) {}

    void of_messages(std::size_t size) {
        const auto tail = '/' + std::to_string(size) + '/' + std::to_string(servers_);
        run("nats/publish/streamx" + tail, as_many, [=](site& s, stock&, std::uint64_t n) {
            return publish<nats::payload_codec>(s, s.new_stream(), n, 1, text_of(size));
        });
        run("nats/publish/stock" + tail, as_many, [=](site& s, stock& c, std::uint64_t n) {
            return c.publish(s.new_stream(), n, size);
        });
        const auto filled = [size](site& s, std::uint64_t n) {
            const auto stream = s.new_stream();
            const streamx::bench::untimed pause;
            publish<nats::payload_codec>(s, stream, n, 1, text_of(size));
            s.new_consumer(stream);
            return stream;
        };
        run("nats/pull/streamx" + tail,
            streamx::bench::sum_below,
            [=](site& s, stock&, std::uint64_t n) {
                return pull<nats::payload_codec>(s, filled(s, n), n);
            });
        run("nats/pull/stock" + tail,
            streamx::bench::sum_below,
            [=](site& s, stock& c, std::uint64_t n) { return c.pull(filled(s, n), n); });
    }

    void of_batches() {
        const auto tail = "/streamx/16/" + std::to_string(servers_);
        run(
            "nats/batched_publish" + tail,
            as_many,
            [](site& s, stock&, std::uint64_t n) {
                return publish<record_codec>(s, s.new_stream(), n, together, record_of);
            },
            together);
        run(
            "nats/batched_pull" + tail,
            streamx::bench::sum_below,
            [](site& s, stock&, std::uint64_t n) {
                const auto stream = s.new_stream();
                {
                    const streamx::bench::untimed pause;
                    publish<record_codec>(s, stream, n, together, record_of);
                    s.new_consumer(stream);
                }
                return pull<record_codec>(s, stream, n);
            },
            together);
    }

private:
    static constexpr std::size_t together = 2048;

    template <class Expected, class Body>
    void run(const std::string& name, Expected expected, Body body, std::uint64_t multiple = 1) {
        if (!streamx::bench::selected(name))
            return;
        if (!site_) {
            site_ = std::make_unique<site>(servers_);
            stock_ = std::make_unique<stock>(*site_);
        }
        streamx::bench::run(
            name, [&](std::uint64_t n) { return body(*site_, *stock_, n); }, expected, multiple);
    }

    unsigned servers_;
    std::unique_ptr<site> site_;
    std::unique_ptr<stock> stock_;
};

} // namespace

int main(int argc, char** argv) {
    streamx::bench::init(argc, argv);
    for (unsigned servers : {1U, 3U}) {
        rows all(servers);
        all.of_messages(16);
        all.of_messages(256);
        all.of_batches();
    }
    nats_CloseAndWait(5000);
}
