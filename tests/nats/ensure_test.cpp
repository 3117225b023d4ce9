#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <stdexcept>
#include <vector>

namespace streamx::testing {
namespace {

using asio::use_awaitable;

using ensure_test = nats_test;

/// What the client library would write into the protocol's lines as it is, so that the server ended the
/// connection.
TEST_F(ensure_test, a_name_that_cannot_be_is_refused_and_harms_nobody) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        for (const char* bad : {"", "a b", "a\tb", "a\r\nPUB x 0", "a..b", "a.", "a.*", ">"}) {
            error_code ec;
            co_await c.async_request(bad, "", 5s, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;
            EXPECT_EQ(ec, boost::system::errc::invalid_argument) << bad;

            nats::stream_config stream;
            stream.name = bad;
            co_await nats::ensure_stream(c, stream, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;

            nats::consumer_config consumer;
            consumer.stream = "S";
            consumer.durable = bad;
            co_await nats::ensure_consumer(c, consumer, asio::redirect_error(use_awaitable, ec));
            EXPECT_EQ(ec, nats::errc::invalid_name) << bad;

            nats::source_options source;
            source.stream = bad;
            EXPECT_THROW(
                static_cast<void>(nats::jetstream_source<>(c, source)), std::invalid_argument)
                << bad;
            nats::sink_options sink;
            sink.subject = bad;
            EXPECT_THROW(nats::jetstream_sink<>(c, sink), std::invalid_argument) << bad;
            EXPECT_THROW(nats::subject_sink<>(c, {.subject = bad}), std::invalid_argument) << bad;
        }
        for (const char* bad : {"", "a b", "a..b"})
            EXPECT_THROW(
                static_cast<void>(nats::subject_source<>(c, {.subject = bad})),
                std::invalid_argument);
        nats::subject_options shared;
        shared.subject = "s";
        shared.queue = "a b";
        EXPECT_THROW(static_cast<void>(nats::subject_source<>(c, shared)), std::invalid_argument);

        co_await publish(c, 1);
        EXPECT_EQ(c.status().reconnects, 0u);
    });
}

TEST_F(ensure_test, many_may_ensure_the_same_stream_at_once) {
    const auto ensure = [this](nats::connection c) -> asio::awaitable<void> {
        co_await make_stream(c, nats::storage::file);
    };
    run([&]() -> asio::awaitable<void> {
        std::vector<nats::connection> all;
        for (int i = 0; i < 8; ++i)
            all.push_back(co_await connect());
        for (int round = 0; round < 30; ++round) {
            std::vector<std::future<void>> done;
            for (auto& c : all)
                done.push_back(asio::co_spawn(ctx, ensure(c), asio::use_future));
            for (auto& d : done) {
                while (d.wait_for(0s) != std::future_status::ready)
                    co_await asio::post(ctx, use_awaitable);
                EXPECT_NO_THROW(d.get()) << round;
            }
            co_await all[0].async_request("$JS.API.STREAM.DELETE.S", "", 5s, use_awaitable);
        }
    });
}

TEST_F(ensure_test, a_stream_with_the_subjects_of_another_is_refused) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        nats::stream_config config;
        config.name = "T";
        config.subjects.push_back("s.x");
        error_code ec;
        co_await nats::ensure_stream(c, config, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, error_code(10065, nats::jetstream_category()));
    });
}

} // namespace
} // namespace streamx::testing
