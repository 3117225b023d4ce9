#pragma once

#include <streamx/io/endpoint_limits.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/memory_stream.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {

using strings = std::vector<std::string>;

/// A connection in memory of which a test holds the peer.
struct connection_test : ::testing::Test {
    void connect(std::size_t capacity = 64 * 1024) {
        auto ends = memory_stream::pair(ctx.get_executor(), capacity);
        near.emplace(std::move(ends.first));
        far.emplace(std::move(ends.second));
    }

    /// Our end, given away.
    memory_stream take() { return std::move(*near); }

    /// Has the peer write all of this, as far as it can.
    void say(std::string bytes) {
        auto kept = std::make_shared<std::string>(std::move(bytes));
        asio::async_write(*far, asio::buffer(*kept), [kept](error_code, std::size_t) {});
    }
    /// Has the peer end its half.
    void end() {
        poll();
        error_code ec;
        far->shutdown(asio::socket_base::shutdown_send, ec);
    }

    /// What the peer reads until the end, or until nothing more comes.
    std::string heard() {
        auto ended = std::make_shared<std::optional<error_code>>();
        auto into = std::make_shared<std::string>();
        asio::async_read(
            *far, asio::dynamic_buffer(*into), [into, ended](error_code ec, std::size_t) {
                *ended = ec;
            });
        poll();
        far->cancel();
        poll();
        peer_saw = ended->value_or(error_code());
        return *into;
    }

    void poll() {
        ctx.restart();
        ctx.poll();
    }

    asio::io_context ctx;
    std::optional<memory_stream> near, far;
    error_code peer_saw; // what ended the last `heard`
};

} // namespace streamx::testing
