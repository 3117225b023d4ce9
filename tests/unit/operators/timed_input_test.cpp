// What all operators have in common that wait for their input and for a time at once.

#include <streamx/operators/chunks_timeout.hpp>
#include <streamx/operators/debounce.hpp>
#include <streamx/operators/sample.hpp>
#include <streamx/operators/timeout.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct timed_input_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};

    /// A wait, and another behind it that is begun when the first is cancelled, before that is told so.
    template <class S>
    void wait_twice(S s) {
        (void)s.try_next();
        asio::cancellation_signal stop;
        error_code first;
        bool second = false;
        s.async_wait(asio::bind_cancellation_slot(stop.slot(), [&](error_code ec) { first = ec; }));
        clock.run_for(1ms);
        stop.emit(asio::cancellation_type::terminal);
        s.async_wait([&](error_code) { second = true; });
        clock.run_for(1min);
        EXPECT_EQ(first, asio::error::operation_aborted);
        EXPECT_TRUE(second) << "it is woken in time";
        const auto then = clock.elapsed();
        clock.run();
        EXPECT_EQ(clock.elapsed(), then) << "and no timer is left";
    }
};

TEST_F(timed_input_test, a_wait_begun_after_a_cancelled_one_keeps_its_time) {
    const auto idle = [this] { return script_source<int>(ctx.get_executor()); };
    wait_twice(idle().hang() | timeout(5ms));
    wait_twice(idle().item(1).hang() | debounce(5ms));
    wait_twice(idle().item(1).hang() | sample(5ms));
    wait_twice(idle().item(1).hang() | chunks_timeout(3, 5ms));
}

/// One of its moves throws.
struct fragile {
    explicit fragile(int i) : value(i) {}
    fragile(const fragile&) = default;
    fragile& operator=(const fragile&) = default;
    fragile(fragile&& other) : value(other.value) {
        if (value == 2 && left != 0 && --left == 0)
            throw std::runtime_error("it breaks");
    }

    int value;
    static inline int left = 0; // moves of the second item, of which the last one throws
};

TEST_F(timed_input_test, an_item_that_cannot_be_moved_ends_the_stream_at_once) {
    int broken = 0;
    const auto play = [&](auto op) {
        for (const int moves : {1, 2, 3}) {
            fragile::left = 0;
            auto s = script_source<fragile>(ctx.get_executor())
                         .item(fragile(1))
                         .wait(1ms)
                         .item(fragile(2))
                         .hang() |
                     op;
            fragile::left = moves;
            std::string what; // behind what was held before
            for (int pulls = 0; pulls != 2 && what.empty(); ++pulls) {
                completion_probe<std::optional<item_t<decltype(s)>>> p;
                s.async_next(p.handler());
                clock.run_for(1h);
                ASSERT_EQ(p.calls(), 1);
                what = p->what;
            }
            broken += what == "it breaks";
            EXPECT_EQ(fragile::left == 0, what == "it breaks") << moves;
        }
    };
    play(debounce(3ms));
    play(chunks_timeout(3, 3ms));
    EXPECT_GE(broken, 3);
}

} // namespace
} // namespace streamx::testing
