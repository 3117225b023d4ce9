#pragma once

// What the tests of operators in time share: an input whose items come at known times.

#include <streamx/channels/channel.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>

namespace streamx::testing {

using namespace std::chrono_literals;

struct timed_input : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    channel_ends<int, std::mutex> ends = make_channel<int>(ctx.get_executor(), 9);

    /// Sends an item at that time.
    void at(clock_service::duration time, int item) {
        async_sleep_for(
            ctx.get_executor(), time, [this, item](error_code) { ends.tx.try_send(item); });
    }
    void end_at(clock_service::duration time) {
        async_sleep_for(ctx.get_executor(), time, [this](error_code) { ends.tx.close(); });
    }
};

} // namespace streamx::testing
