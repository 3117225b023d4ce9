#pragma once

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>

#include <streamx/operators/on.hpp>
#include <streamx/sources/unfold.hpp>
#include <streamx/testing/memory_stream.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {

using namespace std::chrono_literals;
using boost::system::system_error;

/// A server with its client's options, on one context.
struct session_fixture : ::testing::Test {
    asio::io_context ctx;
    server_options serving;
    client_options asking;
    std::optional<server> srv;

    server& serve() {
        if (!srv)
            srv.emplace(ctx.get_executor(), serving);
        return *srv;
    }

    /// "1" to "n".
    any_stream<payload> count_to(int n) {
        const auto next = [n](int& i) {
            return i == n ? std::nullopt : std::optional(payload{std::to_string(++i)});
        };
        return unfold(0, next) | on(ctx.get_executor());
    }

    static asio::awaitable<std::vector<std::string>> all(payload_stream s) {
        std::vector<std::string> items;
        for (;;) {
            auto item = co_await s.next();
            if (!item)
                break;
            items.push_back(item->data);
        }
        co_return items;
    }

protected:
    /// Runs a coroutine to its end, with what `turn(done)` lets happen until `done()`.
    template <class Fn, class Turn>
    void run_with(Fn fn, Turn turn) {
        bool done = false;
        std::exception_ptr failure;
        asio::co_spawn(ctx, fn(), [&](std::exception_ptr e) {
            failure = e;
            done = true;
        });
        turn([&] { return done; });
        ASSERT_TRUE(done) << "it waits for ever";
        if (failure)
            std::rethrow_exception(failure);
    }
};

/// Connected in memory, with a time that stands still until everybody waits for it.
struct memory_fixture : session_fixture {
    testing::virtual_clock time{ctx};

    template <class Fn>
    void run(Fn fn) {
        run_with(std::move(fn), [&](auto done) { testing::run_until(time, done); });
    }
    /// Until `done()`, or for ever: then false.
    template <class Done>
    bool comes(Done done) {
        testing::run_until(time, done);
        return done();
    }
};

} // namespace streamx::rsocket
