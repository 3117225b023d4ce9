// Every read and every write of a connection fails once, while something of every kind is going on.

#include "session_support.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace streamx::rsocket {
namespace {

constexpr int items = 30;

struct failing_steps_test : memory_fixture {
    /// Kept by whatever a handler or a stream of the server holds.
    std::shared_ptr<int> alive = std::make_shared<int>();
    int connections = 0;
    int waiting = 0, failed = 0;

    failing_steps_test() {
        asking.window = serving.window = 8;
        asking.fragment = serving.fragment = 128;
    }

    any_stream<payload> counted() {
        const auto next = [keep = alive](int& i) {
            return i == items ? std::nullopt : std::optional(payload{std::to_string(++i)});
        };
        return unfold(0, next) | on(ctx.get_executor());
    }

    void open_server() {
        srv.emplace(ctx.get_executor(), serving);
        srv->on_stream("numbers", [this, keep = alive](const request&) { return counted(); });
        srv->on_channel("same", [](const request&, payload_stream in) { return in; });
        srv->on_channel("both", [this, keep = alive](const request&, payload_stream in) {
            const auto consumed = [keep](std::exception_ptr, const std::vector<std::string>&) {};
            asio::co_spawn(ctx, all(std::move(in)), consumed);
            return counted();
        });
        srv->on_response("echo", [keep = alive](request r) -> asio::awaitable<payload> {
            co_await asio::post(asio::use_awaitable);
            co_return std::move(r.message);
        });
        srv->on_fire_and_forget("log", [keep = alive](const request&) {});
        srv->on_metadata_push([keep = alive](std::string) {});
    }

    /// Something that has to end, and how.
    auto outcome() {
        ++waiting;
        return [this](const std::exception_ptr& e, auto&&...) {
            --waiting;
            failed += e != nullptr;
        };
    }
    void collect(payload_stream s) {
        asio::co_spawn(
            ctx,
            all(std::move(s)),
            [count = outcome()](const std::exception_ptr& e, const std::vector<std::string>& got) {
                EXPECT_TRUE(e || got.size() == std::size_t(items));
                count(e);
            });
    }
    void everything(client& c) {
        collect(c.request_stream("numbers"));
        collect(c.request_channel("same", count_to(items)));
        collect(c.request_channel("both", count_to(items)));
        c.async_request_response("echo", payload{std::string(1000, 'x')}, outcome());
        const auto sent = [count = outcome()](error_code ec) {
            count(ec ? std::make_exception_ptr(system_error(ec)) : nullptr);
        };
        c.async_fire_and_forget("log", payload{std::string(300, 'x')}, sent);
        ++waiting;
        c.async_metadata_push("news", sent);
    }

    /// One connection after the other from `dial`; true if everything was done without a failure.
    bool scenario(const std::function<io::transport()>& dial) {
        waiting = failed = connections = 0;
        open_server();
        std::optional<client> c;
        bool refused = false;
        async_connect(
            ctx.get_executor(),
            dialler([&](auto done) {
                asio::post(ctx, [&, done] {
                    ++connections;
                    done({}, dial());
                });
            }),
            asking,
            asio::bind_executor(ctx.get_executor(), [&](error_code ec, client made) {
                refused = ec.failed();
                if (refused)
                    return;
                c.emplace(std::move(made));
                everything(*c);
            }));
        EXPECT_TRUE(comes([&] { return refused || (c && waiting == 0); })) << "it waits for ever";

        bool stopped = false;
        srv->async_stop(1s, [&](error_code) { stopped = true; });
        c.reset();
        EXPECT_TRUE(comes([&] { return stopped; })) << "the server does not stop";
        EXPECT_EQ(srv->connections(), 0U);
        srv.reset();
        comes([] { return false; }); // whatever there is to do
        EXPECT_EQ(alive.use_count(), 1);
        return !refused && failed == 0;
    }

    /// The `n`-th step of this kind fails, for every `n` that there is, on the first connection only.
    template <class Fail>
    void fail_each(Fail fail, bool survives) {
        std::size_t n = 0, reached = 0;
        do {
            ++n;
            SCOPED_TRACE(n);
            std::optional<testing::memory_script> script;
            std::function<std::size_t(const testing::memory_script&)> steps;
            bool first = true;
            const bool good = scenario([&]() -> io::transport {
                auto [mine, theirs] = testing::memory_stream::pair(ctx.get_executor(), 256);
                if (std::exchange(first, false))
                    steps = fail(mine.script(), theirs.script(), n, script);
                srv->accept(std::move(theirs));
                return std::move(mine);
            });
            reached = steps(*script);
            EXPECT_TRUE(good || !survives || n <= 2); // before there is a session
            if (HasFailure())
                return;
        } while (reached >= n);
        EXPECT_GT(n, 10U);
    }

    static auto reading(bool at_client) {
        return [=](auto mine, auto theirs, std::size_t n, auto& script) {
            script = at_client ? mine : theirs;
            script->fail_read(n);
            return [](const testing::memory_script& s) { return s.reads(); };
        };
    }
    static auto writing(bool at_client) {
        return [=](auto mine, auto theirs, std::size_t n, auto& script) {
            script = at_client ? mine : theirs;
            script->fail_write(n);
            return [](const testing::memory_script& s) { return s.writes(); };
        };
    }
};

TEST_F(failing_steps_test, reads_of_the_client) { fail_each(reading(true), false); }
TEST_F(failing_steps_test, reads_of_the_server) { fail_each(reading(false), false); }
TEST_F(failing_steps_test, writes_of_the_client) { fail_each(writing(true), false); }
TEST_F(failing_steps_test, writes_of_the_server) { fail_each(writing(false), false); }

struct failing_steps_of_a_session_test : failing_steps_test {
    failing_steps_of_a_session_test() {
        serving.resume.emplace();
        asking.resume.emplace();
        asking.reconnect.initial = 1ms;
    }
};

TEST_F(failing_steps_of_a_session_test, reads_of_the_client) { fail_each(reading(true), true); }
TEST_F(failing_steps_of_a_session_test, reads_of_the_server) { fail_each(reading(false), true); }
TEST_F(failing_steps_of_a_session_test, writes_of_the_client) { fail_each(writing(true), true); }
TEST_F(failing_steps_of_a_session_test, writes_of_the_server) { fail_each(writing(false), true); }

} // namespace
} // namespace streamx::rsocket
