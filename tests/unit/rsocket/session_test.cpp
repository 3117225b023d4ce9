// What a peer that is made of bytes sees of a server.

#include "session_support.hpp"

#include <rsocket/frame.hpp>
#include <streamx/operators/map.hpp>

#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace streamx::rsocket {
namespace {

/// An end of a connection that says frames, and remembers what it hears.
class peer : public std::enable_shared_from_this<peer> {
public:
    explicit peer(testing::memory_stream s) : stream_(std::move(s)) {}

    void say(const std::vector<frame>& frames) {
        for (const auto& f : frames)
            encode(f, said_);
        asio::async_write(
            stream_, asio::buffer(said_), [self = shared_from_this()](error_code, std::size_t) {
                self->said_.clear();
            });
    }
    void listen() {
        stream_.async_read_some(
            asio::buffer(part_), [self = shared_from_this()](error_code ec, std::size_t n) {
                self->heard_.append(self->part_.data(), n);
                self->ended = ec.failed();
                if (!ec)
                    self->listen();
            });
    }
    std::vector<frame> frames() const {
        std::vector<frame> list;
        std::string_view in = heard_;
        while (const auto bytes = next_frame(in, max_frame_size))
            list.push_back(decode(*bytes).value());
        return list;
    }
    std::size_t count(frame_type type) const {
        std::size_t n = 0;
        for (const auto& f : frames())
            n += f.type == type;
        return n;
    }

    bool ended = false;

private:
    testing::memory_stream stream_;
    std::string said_, heard_;
    std::array<char, 4096> part_;
};

const frame setup{.type = frame_type::setup, .major = 1, .interval = 10'000, .lifetime = 60'000};

struct session_test : memory_fixture {
    /// A connection on which these frames come at once.
    std::shared_ptr<peer> say(const std::vector<frame>& frames) {
        auto [mine, theirs] = testing::memory_stream::pair(ctx.get_executor());
        const auto p = std::make_shared<peer>(std::move(mine));
        p->say(frames);
        p->listen();
        serve().accept(std::move(theirs));
        return p;
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

    std::string got;
};

constexpr frame open{.type = frame_type::request_channel, .stream = 1, .n = 1};

TEST_F(session_test, a_channel_that_completes_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto p =
        say({setup, open, {.type = frame_type::payload, .stream = 1, .flags = flags::complete}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "1");
}

TEST_F(session_test, a_channel_that_is_cancelled_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto p = say({setup, open, {.type = frame_type::cancel, .stream = 1}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "failed");
}

TEST_F(session_test, a_channel_that_fails_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto p = say({setup, open, {.type = frame_type::error, .stream = 1, .n = 0x201}});
    EXPECT_TRUE(comes([&] { return !got.empty(); }));
    EXPECT_EQ(got, "failed");
}

TEST_F(session_test, a_channel_whose_connection_ends_in_the_same_read_as_it_begins) {
    tell_the_end();
    const auto p = say({setup, open, {.type = frame_type::error, .n = 0x101}});
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

TEST_F(session_test, Connection_Establishment__a_server_sends_a_lease_to_a_client_that_wants_them) {
    serving.lease = lease_options{1s, 7};
    auto with_lease = setup;
    with_lease.flags = flags::lease;
    const auto p = say({with_lease}), other = say({setup});
    EXPECT_TRUE(comes([&] { return p->count(frame_type::lease) == 1; }));
    EXPECT_EQ(p->frames().at(0).requests, 7U);
    EXPECT_EQ(p->frames().at(0).ttl, 1000U);
    EXPECT_TRUE(comes([&] { return p->count(frame_type::lease) == 3; })); // a second later each
    EXPECT_EQ(other->count(frame_type::lease), 0U);
}

TEST_F(session_test, Request_Channel__is_answered_with_a_REQUEST_N) {
    serving.window = 5;
    tell_the_end();
    const auto p = say({setup, open});
    EXPECT_TRUE(comes([&] { return p->count(frame_type::request_n) == 1; }));
    EXPECT_EQ(p->frames().at(0).n, 5U);
}

/// Sessions that can be resumed, with a stream without an end that tells whether it is still there.
struct resumed_session_test : session_test {
    resumed_session_test() { open_server(); }

    void open_server() {
        serving.resume.emplace();
        srv.reset();
        serve().on_stream("", [this, keep = alive](const request&) {
            const auto next = [keep](int& i) {
                return std::optional(payload{std::to_string(++i)});
            };
            return unfold(0, next) | on(ctx.get_executor());
        });
        serve().on_fire_and_forget("", [this](const request&) { ++forgotten; });
    }
    bool producing() const { return alive.use_count() > 2; } // the handler keeps one
    std::shared_ptr<peer> begin() {
        auto first = setup;
        first.flags = flags::resume;
        first.token = "t";
        const auto p = say({first, {.type = frame_type::request_stream, .stream = 1, .n = 3}});
        EXPECT_TRUE(comes([&] { return p->count(frame_type::payload) == 3; }));
        EXPECT_TRUE(producing());
        return p;
    }
    /// Asks for the session, of which it has heard so many frames.
    static frame resume(const peer& p, std::size_t heard) {
        frame f{.type = frame_type::resume, .major = 1, .token = "t"};
        for (const auto& one : p.frames()) {
            if (one.type != frame_type::payload || heard == 0)
                continue;
            --heard;
            std::string bytes;
            encode(one, bytes);
            f.position += bytes.size() - length_size;
        }
        return f;
    }

    std::shared_ptr<int> alive = std::make_shared<int>();
    int forgotten = 0;
    const frame forget{.type = frame_type::request_fnf, .stream = 3};
};

/// Whatever the old connection says while the new one takes over, it is heard before or never.
TEST_F(resumed_session_test, the_old_connection_is_closed_and_not_heard_any_more) {
    for (unsigned steps = 0; steps != 12; ++steps) {
        SCOPED_TRACE(steps);
        open_server();
        forgotten = 0;
        const auto old = begin();
        const auto now = say({resume(*old, 1)});
        for (unsigned i = 0; i != steps; ++i)
            time.run_one();
        old->say({forget});
        EXPECT_TRUE(comes([&] { return now->count(frame_type::payload) == 2 && old->ended; }));
        const int before = forgotten;
        EXPECT_TRUE(before == 0 || steps != 11);
        old->say({forget, {.type = frame_type::cancel, .stream = 1}});
        now->say({{.type = frame_type::request_n, .stream = 1, .n = 2}});
        EXPECT_TRUE(comes([&] { return now->count(frame_type::payload) == 4; }));
        EXPECT_EQ(forgotten, before);
        EXPECT_EQ(now->frames().at(0).type, frame_type::resume_ok);
        EXPECT_EQ(now->frames().at(1).data, "2"); // the first that was not heard
        EXPECT_EQ(now->frames().back().data, "5");
        EXPECT_EQ(old->count(frame_type::payload), 3U);
        EXPECT_EQ(srv->connections(), 1U);
    }
}

TEST_F(resumed_session_test, Identification_Token_Handling__a_token_is_good_again_and_again) {
    auto last = begin();
    const auto position = resume(*last, 3);
    for (unsigned i = 0; i != 3; ++i) {
        const auto next = say({position});
        EXPECT_TRUE(comes([&] { return next->count(frame_type::resume_ok) == 1 && last->ended; }));
        last = next;
    }
    auto second = setup;
    second.flags = flags::resume;
    second.token = "t"; // which is in use
    const auto refused = say({second});
    EXPECT_TRUE(comes([&] { return refused->ended; }));
    EXPECT_EQ(refused->frames().at(0).n, 0x003U); // REJECTED_SETUP
    EXPECT_FALSE(last->ended);
    EXPECT_TRUE(producing());
}

TEST_F(resumed_session_test, Resume_Operation__a_token_that_is_unknown_is_refused) {
    const auto old = begin();
    auto f = resume(*old, 3);
    f.token = "u";
    const auto other = say({f});
    EXPECT_TRUE(comes([&] { return other->ended; }));
    ASSERT_EQ(other->frames().size(), 1U);
    EXPECT_EQ(other->frames().at(0).n, 0x004U); // REJECTED_RESUME
    EXPECT_FALSE(old->ended);
    EXPECT_TRUE(producing());
}

TEST_F(
    resumed_session_test,
    Resume_Operation__a_position_that_cannot_be_ends_the_session_on_both_sides) {
    const auto old = begin();
    auto f = resume(*old, 3);
    ++f.position;
    const auto other = say({f});
    EXPECT_TRUE(comes([&] { return other->ended && old->ended; }));
    ASSERT_EQ(other->frames().size(), 1U);
    EXPECT_EQ(other->frames().at(0).n, 0x004U);
    EXPECT_FALSE(producing());
    EXPECT_TRUE(comes([&] { return srv->connections() == 0; }));
    const auto again = say({resume(*old, 3)});
    EXPECT_TRUE(comes([&] { return again->ended; }));
    EXPECT_EQ(again->frames().at(0).n, 0x004U);
}

} // namespace
} // namespace streamx::rsocket
