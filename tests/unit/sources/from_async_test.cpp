#include <streamx/sources/from_async.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace streamx::testing {
namespace {

struct from_async_test : ::testing::Test {
    std::optional<asio::io_context> ctx{std::in_place};
    asio::any_io_executor ex = ctx->get_executor();
    int started = 0;

    void run() {
        ctx->restart();
        ctx->poll();
    }

    /// An operation that completes at once, with what it is told.
    template <class Signature, class... Results>
    auto completing(Results... results) {
        return [this, results = std::tuple(std::move(results)...)](auto&& token) mutable {
            return asio::async_initiate<decltype(token), Signature>(
                [this](auto handler, auto what) {
                    ++started;
                    std::apply(std::move(handler), std::move(what));
                },
                token,
                std::move(results));
        };
    }

    /// An operation that can be completed from outside, like a timer.
    asio::steady_timer timer{ex, asio::steady_timer::time_point::max()};
};

template <class S, class T>
concept gives = std::is_same_v<item_t<S>, T>;

TEST_F(from_async_test, gives_the_result_and_ends) {
    auto s = from_async(ex, completing<void(error_code, int)>(error_code(), 7));

    auto got = collect(*ctx, std::move(s));

    EXPECT_EQ(got.items, std::vector{7});
    EXPECT_TRUE(got.ended);
}

TEST_F(from_async_test, reads_its_item_type_from_what_the_operation_completes_with) {
    auto a_value = from_async(ex, completing<void(int)>(7));
    auto nothing = from_async(ex, completing<void()>());
    auto code = from_async(ex, timer.async_wait(asio::deferred));
    auto several = from_async(
        ex, completing<void(std::exception_ptr, int, std::string)>(nullptr, 7, std::string("x")));
    auto of_a_stream = from_async(ex, script_source<int>(ex).item(7).async_next(asio::deferred));

    static_assert(gives<decltype(a_value), int>);
    static_assert(gives<decltype(nothing), std::monostate>);
    static_assert(gives<decltype(code), std::monostate>);
    static_assert(gives<decltype(several), std::tuple<int, std::string>>);
    static_assert(gives<decltype(of_a_stream), std::optional<int>>);
    EXPECT_EQ(**next(*ctx, a_value).value, 7);
    EXPECT_EQ(collect(*ctx, std::move(nothing)).items.size(), 1U);
    EXPECT_EQ(**next(*ctx, several).value, std::tuple(7, std::string("x")));
}

TEST_F(from_async_test, with_a_given_item_type_takes_whatever_starts_it) {
    auto s =
        from_async<std::string>(ex, [](auto handler) { std::move(handler)(error_code(), "text"); });

    EXPECT_EQ(**next(*ctx, s).value, "text");
}

TEST_F(from_async_test, fails_with_an_error_code) {
    auto s = from_async(ex, completing<void(error_code, int)>(error_code(errc::full), 7));

    auto got = collect(*ctx, s);

    EXPECT_EQ(got.ec, errc::full);
    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(collect(*ctx, s).ended);
}

TEST_F(from_async_test, fails_with_the_operations_own_exception) {
    auto failure = std::make_exception_ptr(std::runtime_error("boom"));
    auto s = from_async(ex, completing<void(std::exception_ptr, int)>(failure, 0));

    EXPECT_EQ(collect(*ctx, std::move(s)).failure, failure);
}

TEST_F(from_async_test, fails_with_what_starting_it_throws) {
    auto s = from_async<int>(ex, [](auto) { throw std::runtime_error("boom"); });

    EXPECT_EQ(collect(*ctx, std::move(s)).what, "boom");
}

TEST_F(from_async_test, fails_with_a_code_that_is_given_as_an_enum) {
    auto s = from_async<int>(ex, [](auto handler) { std::move(handler)(asio::error::eof, 7); });

    EXPECT_EQ(collect(*ctx, std::move(s)).ec, asio::error::eof);
}

TEST_F(from_async_test, starts_with_the_first_pull_on_its_executor) {
    auto strand = asio::make_strand(*ctx);
    bool on_strand = false;
    auto s = from_async<int>(strand, [&](auto handler) {
        ++started;
        on_strand = strand.running_in_this_thread();
        std::move(handler)(7);
    });
    run();
    EXPECT_EQ(started, 0);

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(started, 0) << "it started inside the call";
    EXPECT_TRUE(s.try_next().is_pending());
    run();

    EXPECT_EQ(started, 1);
    EXPECT_TRUE(on_strand);
    EXPECT_EQ(*s.try_next(), 7);
}

TEST_F(from_async_test, hands_the_operation_a_handler_with_its_executor) {
    auto strand = asio::make_strand(*ctx);
    bool on_strand = false;
    auto s = from_async<int>(strand, [&](auto handler) {
        auto own = asio::get_associated_executor(handler);
        asio::post(*ctx, [&, handler = std::move(handler), own]() mutable {
            asio::post(own, [&, handler = std::move(handler)]() mutable {
                on_strand = strand.running_in_this_thread();
                std::move(handler)(7);
            });
        });
    });

    EXPECT_EQ(**next(*ctx, s).value, 7);
    EXPECT_TRUE(on_strand);
}

TEST_F(from_async_test, a_cancelled_wait_neither_stops_the_operation_nor_loses_its_item) {
    auto s = from_async(ex, timer.async_wait(asio::deferred));
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal})
        EXPECT_EQ(next_cancelled(*ctx, s, how), asio::error::operation_aborted);

    timer.expires_at(asio::steady_timer::time_point::min()); // which also cancels what waits
    EXPECT_EQ(collect(*ctx, s).ec, asio::error::operation_aborted);
}

TEST_F(from_async_test, keeps_an_item_that_comes_while_nobody_waits) {
    std::function<void(int)> complete;
    auto s = from_async<int>(ex, [&](auto handler) { complete = std::move(handler); });
    EXPECT_EQ(
        next_cancelled(*ctx, s, asio::cancellation_type::total), asio::error::operation_aborted);

    complete(7);

    EXPECT_EQ(collect(*ctx, s).items, std::vector{7});
}

TEST_F(from_async_test, destroying_the_stream_cancels_the_operation) {
    error_code stopped;
    std::optional s(from_async<std::monostate>(ex, [&](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        timer.async_wait(asio::bind_cancellation_slot(
            slot, [&, handler = std::move(handler)](error_code ec) mutable {
                stopped = ec;
                std::move(handler)(ec);
            }));
    }));
    EXPECT_TRUE(s->try_next().is_pending());
    run();

    s.reset();
    EXPECT_FALSE(stopped) << "it was cancelled inside the destructor";
    run();

    EXPECT_EQ(stopped, asio::error::operation_aborted);
}

TEST_F(from_async_test, a_stream_destroyed_before_its_operation_starts_does_not_start_it) {
    std::optional s(from_async(ex, completing<void(int)>(7)));
    EXPECT_TRUE(s->try_next().is_pending());

    s.reset();
    run();

    EXPECT_EQ(started, 0);
}

TEST_F(from_async_test, an_operation_that_completes_after_the_stream_is_gone_keeps_nothing) {
    auto held = std::make_shared<int>(0);
    std::function<void(int)> complete;
    std::optional s(
        from_async<int>(ex, [held, &complete](auto handler) { complete = std::move(handler); }));
    EXPECT_TRUE(s->try_next().is_pending());
    run();

    s.reset();
    run();
    std::exchange(complete, nullptr)(7);
    run();

    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(from_async_test, an_operation_that_is_dropped_ends_the_stream) {
    auto got = collect(*ctx, from_async<int>(ex, [](auto) {}));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(from_async_test, what_starts_it_lives_as_long_as_the_operation_and_no_longer) {
    auto held = std::make_shared<int>(0);
    auto s = from_async<int>(ex, [held](auto handler) {
        asio::post(asio::get_associated_executor(handler), [&held, handler]() mutable {
            std::move(handler)(static_cast<int>(held.use_count()));
        });
    });

    EXPECT_EQ(**next(*ctx, s).value, 2);
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(from_async_test, moves_a_move_only_result) {
    auto s = from_async<move_only_item>(
        ex, [](auto handler) { std::move(handler)(error_code(), move_only_item(7)); });

    EXPECT_EQ(**next(*ctx, s).value, 7);
}

TEST_F(from_async_test, a_context_destroyed_with_the_operation_inside_leaves_nothing_behind) {
    auto held = std::make_shared<int>(0);
    asio::io_context other;
    auto own = std::make_optional<asio::io_context>();
    auto s = from_async<std::monostate>(own->get_executor(), [held, &own](auto handler) {
        auto t = std::make_shared<asio::steady_timer>(*own, asio::steady_timer::time_point::max());
        t->async_wait([t, handler](error_code ec) mutable { std::move(handler)(ec); });
    });
    EXPECT_TRUE(s.try_next().is_pending());
    own->poll();
    EXPECT_EQ(held.use_count(), 2);

    own.reset();

    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(from_async_test, the_operation_may_run_on_another_thread) {
    asio::thread_pool others(1);
    auto answering = [](auto handler) {
        auto own = asio::get_associated_executor(handler);
        asio::post(own, [handler = std::move(handler)]() mutable { std::move(handler)(7); });
    };
    for (int i = 0; i != 100; ++i) {
        completion_probe<std::optional<int>> p;
        auto kept = from_async<int>(others.get_executor(), answering);
        auto dropped = std::make_optional(from_async<int>(others.get_executor(), answering));
        static_cast<void>(dropped->try_next()); // starts it
        kept.async_next(asio::bind_executor(*ctx, p.handler()));

        dropped.reset(); // while its operation may be anywhere
        ctx->restart();
        ctx->run();

        ASSERT_EQ(p.calls(), 1);
        EXPECT_EQ(p->value, std::optional(7));
    }
    others.join();
}

} // namespace
} // namespace streamx::testing
