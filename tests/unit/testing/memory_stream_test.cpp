#include <streamx/testing/memory_stream.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct memory_stream_test : ::testing::Test {
    using transfer = completion_probe<std::size_t>;

    transfer read(memory_stream& s, std::size_t n = 100) {
        transfer p;
        into.assign(n, '\0');
        p.start([&](auto handler) { s.async_read_some(asio::buffer(into), std::move(handler)); });
        run();
        return p;
    }
    transfer write(memory_stream& s, std::string bytes) {
        transfer p;
        written.push_back(std::move(bytes)); // it may wait for room
        p.start([&](auto handler) {
            s.async_write_some(asio::buffer(written.back()), std::move(handler));
        });
        run();
        return p;
    }
    std::string got(memory_stream& s, std::size_t n = 100) {
        const auto p = read(s, n);
        EXPECT_EQ(p.calls(), 1);
        EXPECT_FALSE(p->inside);
        EXPECT_FALSE(p->ec) << p->what;
        return into.substr(0, p->value.value_or(0));
    }
    void run() {
        ctx.restart();
        ctx.poll();
    }

    asio::io_context ctx;
    std::string into;
    std::deque<std::string> written;
    std::pair<memory_stream, memory_stream> ends = memory_stream::pair(ctx.get_executor(), 4);
    memory_stream& a = ends.first;
    memory_stream& b = ends.second;
};

TEST_F(memory_stream_test, what_is_written_at_one_end_is_read_at_the_other) {
    EXPECT_EQ(write(a, "one")->value, 3u);
    EXPECT_EQ(got(b), "one");
    EXPECT_EQ(write(b, "two")->value, 3u);
    EXPECT_EQ(got(a, 2), "tw");
    EXPECT_EQ(got(a), "o");
}

TEST_F(memory_stream_test, a_read_waits_for_bytes_and_a_write_for_room) {
    const auto waiting = read(b);
    EXPECT_EQ(waiting.calls(), 0);
    EXPECT_EQ(write(a, "abcdef")->value, 4u);
    EXPECT_EQ(waiting->value, 4u);
    EXPECT_EQ(write(a, "abcd")->value, 4u);
    const auto full = write(a, "ef");
    EXPECT_EQ(full.calls(), 0);
    EXPECT_EQ(got(b), "abcd");
    EXPECT_EQ(full->value, 2u);
    EXPECT_EQ(a.script().written(), 10u);
    EXPECT_EQ(a.script().unread(), 2u);
}

TEST_F(memory_stream_test, a_half_that_is_closed_ends_the_peers_input_and_no_more) {
    write(a, "last");
    error_code ec;
    a.shutdown(asio::socket_base::shutdown_send, ec);
    EXPECT_EQ(got(b), "last");
    EXPECT_EQ(read(b)->ec, asio::error::eof);
    EXPECT_EQ(write(a, "x")->ec, asio::error::broken_pipe);
    write(b, "back");
    EXPECT_EQ(got(a), "back");
}

TEST_F(memory_stream_test, an_end_that_is_destroyed_tells_its_waiter_and_the_peer) {
    std::optional<memory_stream> gone(std::move(a));
    const auto own = read(*gone);
    const auto peers = read(b);
    gone.reset();
    run();
    EXPECT_EQ(own->ec, asio::error::operation_aborted);
    EXPECT_EQ(peers->ec, asio::error::eof);
    EXPECT_EQ(write(b, "x")->ec, asio::error::broken_pipe);
}

TEST_F(memory_stream_test, a_killed_peer_is_a_reset_at_both_ends) {
    write(a, "lost");
    const auto waiting = read(a);
    a.script().reset();
    run();
    EXPECT_EQ(waiting->ec, asio::error::connection_reset);
    EXPECT_EQ(read(b)->ec, asio::error::connection_reset);
    EXPECT_EQ(write(b, "x")->ec, asio::error::connection_reset);
}

TEST_F(memory_stream_test, does_as_its_script_says) {
    a.script().write_at_most(3).fail_write(3, asio::error::no_descriptors);
    b.script().read_at_most(2).fail_read(3);
    EXPECT_EQ(write(a, "abcd")->value, 3u);
    EXPECT_EQ(got(b), "ab");
    EXPECT_EQ(got(b), "c");
    EXPECT_EQ(read(b)->ec, asio::error::connection_reset);
    write(a, "d");
    EXPECT_EQ(write(a, "e")->ec, asio::error::no_descriptors);
    EXPECT_EQ(write(a, "f")->ec, asio::error::no_descriptors);
    EXPECT_EQ(a.script().writes(), 4u);
}

TEST_F(memory_stream_test, notices_operations_that_overlap) {
    const auto first = read(a);
    const auto second = read(a);
    EXPECT_EQ(first.calls(), 0);
    EXPECT_EQ(second->ec, errc::operation_in_progress);
    EXPECT_EQ(a.script().overlaps(), 1u);
}

TEST_F(memory_stream_test, a_cancelled_read_has_read_nothing) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        asio::cancellation_signal cancel;
        transfer p;
        into.assign(9, '\0');
        a.async_read_some(
            asio::buffer(into), asio::bind_cancellation_slot(cancel.slot(), p.handler()));
        run();
        cancel.emit(how);
        run();
        EXPECT_EQ(p->ec, asio::error::operation_aborted);
    }
    write(b, "kept");
    EXPECT_EQ(got(a), "kept");
    const auto p = read(a);
    a.cancel();
    run();
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(memory_stream_test, takes_part_in_asios_composed_operations) {
    std::string sent(1000, 's'), received(1000, ' ');
    a.script().write_at_most(3);
    completion_probe<std::size_t> writing, reading;
    asio::async_write(a, asio::buffer(sent), writing.handler());
    asio::async_read(b, asio::buffer(received), reading.handler());
    run();
    EXPECT_EQ(writing->value, 1000u);
    EXPECT_EQ(received, sent);
}

TEST_F(memory_stream_test, a_context_that_goes_destroys_who_waits) {
    completion_probe<std::size_t> p;
    std::string bytes(1, ' ');
    std::optional<std::pair<memory_stream, memory_stream>> pair;
    {
        asio::io_context own;
        pair = memory_stream::pair(own.get_executor());
        pair->first.async_read_some(asio::buffer(bytes), p.handler());
    }
    EXPECT_EQ(p->destroyed, 1);
    EXPECT_TRUE(pair->first.is_open());
}

} // namespace
} // namespace streamx::testing
