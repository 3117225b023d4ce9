#include <streamx/core/detail/wake_batch.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/one_thread.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace streamx::testing {
namespace {

using detail::wake_batch;

struct wake_batch_test : ::testing::Test {
    asio::io_context ctx;
    std::array<detail::gate<detail::light_mutex>, 40> gates;
    std::string ran;

    /// The handler of the first gate that has none writes a letter.
    void park(char letter) {
        park(ctx.get_executor(), [this, letter] { ran += letter; });
    }
    template <class Executor>
    void park(const Executor& ex, std::function<void()> f) {
        gates[parked_++].park(asio::bind_executor(ex, [f = std::move(f)](error_code) { f(); }));
    }

    void wake() {
        wake_batch batch;
        for (auto& g : gates)
            g.wake({}, batch);
    }

    void SetUp() override {
        if (!detail::one_thread())
            GTEST_SKIP() << "this process had more than one thread";
    }

private:
    std::size_t parked_ = 0;
};

TEST_F(wake_batch_test, what_is_woken_together_shares_a_post_in_order) {
    park('a');
    park('b');
    park('c');
    asio::post(ctx, [this] { ran += '1'; });
    wake();
    asio::post(ctx, [this] { ran += '2'; });
    EXPECT_EQ(ran, "") << "never inside the call";

    EXPECT_EQ(ctx.poll(), 3u);
    EXPECT_EQ(ran, "1abc2");
}

TEST_F(wake_batch_test, no_more_than_32_do) {
    for (int i = 0; i != 40; ++i)
        park('x');
    wake();

    EXPECT_EQ(ctx.poll_one(), 1u);
    EXPECT_EQ(ran.size(), 32u);
    EXPECT_EQ(ctx.poll_one(), 1u);
    EXPECT_EQ(ran.size(), 40u);
}

TEST_F(wake_batch_test, those_behind_one_that_throws_run_later) {
    park('a');
    park(ctx.get_executor(), [] { throw std::runtime_error("mine"); });
    park('b');
    park('c');
    wake();

    EXPECT_THROW(ctx.poll(), std::runtime_error);
    EXPECT_EQ(ran, "a");
    EXPECT_EQ(ctx.poll(), 1u);
    EXPECT_EQ(ran, "abc");
}

TEST_F(wake_batch_test, other_executors_have_posts_of_their_own) {
    asio::io_context other;
    const auto strand = asio::make_strand(ctx);
    park('a');
    park(strand, [&] {
        EXPECT_TRUE(strand.running_in_this_thread());
        ran += 's';
    });
    park(other.get_executor(), [&] {
        EXPECT_TRUE(other.get_executor().running_in_this_thread());
        ran += 'o';
    });
    park('b');
    wake();

    ctx.poll();
    EXPECT_EQ(ran, "asb") << "as they were woken";
    other.poll();
    EXPECT_EQ(ran, "asbo");
}

TEST_F(wake_batch_test, what_has_not_run_is_destroyed_with_its_context) {
    auto dying = std::make_unique<asio::io_context>();
    const auto held = std::make_shared<int>(0);
    for (int i = 0; i != 3; ++i)
        park(dying->get_executor(), [held] { FAIL(); });
    wake();
    EXPECT_EQ(held.use_count(), 4);

    dying.reset();
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(wake_batch_test, a_thread_that_comes_later_may_run_what_is_behind_one_that_waits) {
    std::array<std::promise<void>, 2> came;
    for (std::size_t i = 0; i != 2; ++i)
        park(ctx.get_executor(), [&came, i] {
            came[i].set_value();
            came[1 - i].get_future().wait();
        });
    wake();

    std::thread other([this] { ctx.run(); });
    ctx.run();
    other.join();
}

TEST(wake_batch_threads_test, where_another_thread_could_run_it_nothing_is_held_up) {
    asio::io_context ctx;
    std::array<detail::gate<detail::light_mutex>, 2> gates;
    std::array<std::promise<void>, 2> came;
    std::thread other;
    // Each is done when the other has come, which needs both threads at once.
    for (std::size_t i = 0; i != 2; ++i)
        gates[i].park(asio::bind_executor(ctx.get_executor(), [&came, i](error_code) {
            came[i].set_value();
            came[1 - i].get_future().wait();
        }));
    asio::post(ctx, [&] {
        other = std::thread([&ctx] { ctx.run(); });
        wake_batch batch;
        for (auto& g : gates)
            g.wake({}, batch);
    });
    ctx.run();
    other.join();
}

} // namespace
} // namespace streamx::testing
