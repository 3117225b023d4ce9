// What a peer that is made of bytes sees of a server.

#include "session_support.hpp"

#include <rsocket/frame.hpp>
#include <streamx/operators/map.hpp>

#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <string>

namespace streamx::rsocket {
namespace {

struct session_test : memory_fixture {
    /// A connection on which these frames come at once, behind SETUP.
    testing::memory_stream say(const std::vector<frame>& frames) {
        std::string bytes;
        encode(
            {.type = frame_type::setup, .major = 1, .interval = 10'000, .lifetime = 60'000}, bytes);
        for (const auto& f : frames)
            encode(f, bytes);
        auto [mine, theirs] = testing::memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        said = std::move(bytes);
        asio::async_write(mine, asio::buffer(said), [](error_code, std::size_t) {});
        return std::move(mine);
    }
    /// A channel's handler that tells how its items have ended.
    void tell_the_end() {
        serve().on_channel("", [this](const request&, payload_stream in) {
            asio::co_spawn(ctx, all(std::move(in)), [this](std::exception_ptr e, auto items) {
                got = e ? "failed" : std::to_string(items.size());
            });
            return count_to(0);
        });
    }

    std::string said, got;
};

constexpr frame open{.type = frame_type::request_channel, .stream = 1, .n = 1};

TEST_F(session_test, a_channel_that_completes_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto peer =
        say({open, {.type = frame_type::payload, .stream = 1, .flags = flags::complete}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "1");
}

TEST_F(session_test, a_channel_that_is_cancelled_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto peer = say({open, {.type = frame_type::cancel, .stream = 1}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "failed");
}

TEST_F(session_test, a_channel_that_fails_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto peer = say({open, {.type = frame_type::error, .stream = 1, .n = 0x201}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "failed");
}

TEST_F(session_test, a_channel_whose_connection_ends_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto peer = say({open, {.type = frame_type::error, .n = 0x101}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "failed");
}

TEST_F(session_test, a_channel_of_one_item) {
    serve().on_channel("same", [](const request&, payload_stream in) { return in; });
    run([&]() -> asio::awaitable<void> {
        auto [mine, theirs] = testing::memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        auto c =
            co_await async_connect(io::transport(std::move(mine)), asking, asio::use_awaitable);
        const auto items = co_await all(c.request_channel("same", count_to(1)));
        EXPECT_EQ(items.size(), 1U);
    });
}

} // namespace
} // namespace streamx::rsocket
