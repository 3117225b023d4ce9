#pragma once

#include "server.hpp"

#include <streamx/nats.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace streamx::testing {

using namespace std::chrono_literals;

/// A test with servers; skipped where there is no `nats-server`.
struct nats_test : ::testing::Test {
    void SetUp() override {
        if (!has_nats_server())
            GTEST_SKIP() << "no nats-server is installed: Debian's package is nats-server";
    }

    nats_servers& servers(std::size_t count = 1, std::string more = {}) {
        if (!servers_)
            servers_ = std::make_unique<nats_servers>(count, std::move(more));
        return *servers_;
    }

    nats::connect_options options() {
        nats::connect_options o;
        o.servers = servers().urls();
        o.timeout = 1s;
        o.ping_interval = 2s;
        o.reconnect.wait = 100ms;
        o.reconnect.jitter = 10ms;
        return o;
    }
    asio::awaitable<nats::connection> connect(asio::any_io_executor ex) {
        co_return co_await nats::async_connect(ex, options(), asio::use_awaitable);
    }
    asio::awaitable<nats::connection> connect() { return connect(ctx.get_executor()); }

    static nats::source_options durable(std::string name = "d") {
        nats::source_options o;
        o.stream = "S";
        o.durable = std::move(name);
        o.heartbeat = 200ms;
        return o;
    }

    asio::awaitable<void> make_stream(
        const nats::connection& c,
        nats::storage kept = nats::storage::memory,
        unsigned replicas = 1) {
        nats::stream_config config; // g++ 12 takes no list inside a co_await
        config.name = "S";
        config.subjects.push_back("s.>");
        config.storage = kept;
        config.replicas = replicas;
        co_await nats::ensure_stream(c, config, asio::use_awaitable);
    }

    /// Publishes the numbers below `n`, each as its text.
    static asio::awaitable<void> publish(const nats::connection& c, int n, int from = 0) {
        nats::sink_options o;
        o.subject = "s.x";
        nats::jetstream_sink<> sink(c, o);
        for (int i = from; i < from + n; ++i) {
            auto text = std::to_string(i);
            while (!sink.try_send(text))
                co_await sink.async_wait(asio::use_awaitable);
        }
        co_await sink.async_flush(asio::use_awaitable);
    }

    /// Runs a coroutine to its end and the context until nothing is left in it; what it throws fails
    /// the test.
    template <class F>
    void run(F body) {
        std::exception_ptr failure;
        bool done = false;
        ctx.restart();
        asio::co_spawn(ctx, std::move(body), [&](std::exception_ptr e) {
            failure = e;
            done = true;
        });
        ctx.run_for(110s);
        EXPECT_TRUE(done) << "hangs";
        EXPECT_TRUE(ctx.stopped()) << "something is left that keeps the context running";
        if (failure)
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                ADD_FAILURE() << e.what();
            }
    }

    std::unique_ptr<nats_servers> servers_;
    asio::io_context ctx;
};

} // namespace streamx::testing
