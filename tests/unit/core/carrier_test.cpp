#include <streamx/core/carrier.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/buffered.hpp>
#include <streamx/operators/catch_errors.hpp>
#include <streamx/operators/chunk_by.hpp>
#include <streamx/operators/chunks.hpp>
#include <streamx/operators/chunks_timeout.hpp>
#include <streamx/operators/distinct.hpp>
#include <streamx/operators/distinct_until_changed.hpp>
#include <streamx/operators/drop.hpp>
#include <streamx/operators/enumerate.hpp>
#include <streamx/operators/filter.hpp>
#include <streamx/operators/filter_async.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/map_async.hpp>
#include <streamx/operators/map_async_keyed.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/parallel.hpp>
#include <streamx/operators/scan.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/terminals/async_all_of.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/terminals/async_contains.hpp>
#include <streamx/terminals/async_count.hpp>
#include <streamx/terminals/async_drain.hpp>
#include <streamx/terminals/async_fold.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

/// What became of parcels: `+1` when the first was signed for, `-1` when it went back.
class ledger {
public:
    void enter(int n) {
        std::lock_guard lock(mutex_);
        entries_.push_back(n);
    }
    std::vector<int> entries() const {
        std::lock_guard lock(mutex_);
        return entries_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<int> entries_;
};

class receipts {
public:
    receipts(ledger& l, int n) : ledger_(&l), open_{n} {}
    receipts(receipts&& other) noexcept
        : ledger_(other.ledger_), open_(std::exchange(other.open_, {})) {}
    receipts& operator=(receipts&& other) noexcept {
        std::swap(ledger_, other.ledger_);
        std::swap(open_, other.open_);
        return *this;
    }
    ~receipts() { answer(-1); }

    void answer(int sign) {
        for (int n : std::exchange(open_, {}))
            ledger_->enter(sign * n);
    }
    void add(receipts&& other) {
        for (int n : std::exchange(other.open_, {}))
            open_.push_back(n);
    }

private:
    ledger* ledger_;
    std::vector<int> open_;
};

/// A carrier that only tests have.
template <class T>
struct parcel {
    T content;
    receipts due;

    void sign() { due.answer(1); }
};

} // namespace
} // namespace streamx::testing

namespace streamx {
template <class T>
struct carrier_traits<testing::parcel<T>> {
    using value_type = T;
    template <class U>
    using rebind = testing::parcel<U>;

    static T& value(testing::parcel<T>& p) noexcept { return p.content; }
    template <class U>
    static rebind<U> with(testing::parcel<T>&& from, U value) {
        return {std::move(value), std::move(from.due)};
    }
    static rebind<std::vector<T>> join(std::vector<testing::parcel<T>>&& all) {
        rebind<std::vector<T>> result{{}, std::move(all.front().due)};
        for (auto& p : all) {
            result.content.push_back(std::move(p.content));
            result.due.add(std::move(p.due));
        }
        return result;
    }
    static void settle(testing::parcel<T>& p) noexcept { p.sign(); }
};
} // namespace streamx

namespace streamx::testing {
namespace {

using ints = std::vector<int>;

struct carrier_test : ::testing::Test {
    asio::io_context ctx;
    ledger book;

    auto parcels(int count) {
        std::vector<parcel<int>> all;
        for (int n = 1; n <= count; ++n)
            all.push_back({n, receipts(book, n)});
        return from_range(std::move(all));
    }

    /// Runs an operation of which only the failure is of interest, and says what that is.
    template <class Start>
    std::string run(Start start) {
        std::string what = "never completed";
        start(asio::bind_executor(ctx.get_executor(), [&](std::exception_ptr e, auto&&...) {
            what.clear();
            try {
                if (e)
                    std::rethrow_exception(e);
            } catch (const std::exception& failure) {
                what = failure.what();
            }
        }));
        ctx.restart();
        ctx.run();
        return what;
    }

    /// The values that come out of a pipeline, each used up by a terminal.
    template <class S>
    auto used(S s) {
        std::vector<detail::carried_t<item_t<S>>> values;
        EXPECT_EQ(
            run([&](auto token) {
                async_for_each(
                    std::move(s), [&](auto value) { values.push_back(std::move(value)); }, token);
            }),
            "");
        return values;
    }
};

static_assert(carrier<parcel<int>>);
static_assert(!carrier<int>);
static_assert(std::is_same_v<detail::carried_t<parcel<int>>, int>);
static_assert(std::is_same_v<detail::gathered_t<parcel<int>>, parcel<ints>>);

TEST_F(carrier_test, map_makes_another_value_of_it_and_what_is_owed_stays) {
    auto s = parcels(2) | map([](int i) { return std::to_string(i); });
    static_assert(std::is_same_v<item_t<decltype(s)>, parcel<std::string>>);

    EXPECT_EQ(s.try_next()->content, "1"); // dropped here
    EXPECT_EQ(book.entries(), ints{-1});
    EXPECT_EQ(used(std::move(s)), std::vector<std::string>{"2"});
    EXPECT_EQ(book.entries(), (ints{-1, 2}));
}

TEST_F(carrier_test, filter_settles_what_it_drops) {
    auto s = parcels(4) | filter([](int i) { return i % 2 == 0; });

    auto first = s.try_next();
    EXPECT_EQ(book.entries(), ints{1});
    first->sign();
    EXPECT_EQ(used(std::move(s)), ints{4});
    EXPECT_EQ(book.entries(), (ints{1, 2, 3, 4}));
}

TEST_F(carrier_test, all_that_look_at_one_item_at_a_time_see_its_value) {
    std::vector<int> shown;
    auto s = parcels(6) | drop(1) | distinct(10, [](int i) { return i % 4; }) |
             distinct_until_changed() | inspect([&](int i) { shown.push_back(i); }) |
             scan(0, std::plus<>()) |
             filter_map([](int i) { return i > 2 ? std::optional(i * 10) : std::nullopt; }) |
             enumerate();

    auto got = used(std::move(s));

    EXPECT_EQ(shown, (ints{2, 3, 4, 5})); // 6 % 4 was there
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(got.back().second, 140);
    EXPECT_EQ(book.entries(), (ints{1, 2, 3, 4, 5, 6}));
}

TEST_F(carrier_test, what_a_function_throws_sends_it_back) {
    auto what = run([&](auto token) {
        async_drain(
            parcels(3) | map([](int i) { return i == 2 ? throw std::runtime_error("torn") : i; }),
            token);
    });

    EXPECT_EQ(what, "torn");
    EXPECT_EQ(book.entries(), (ints{1, -2, -3}));
}

TEST_F(carrier_test, an_error_as_an_item_has_sent_it_back) {
    auto s = parcels(2) | map([](int i) { return i == 1 ? throw std::runtime_error("torn") : i; }) |
             catch_errors();

    EXPECT_TRUE(s.try_next()->has_error());
    EXPECT_EQ(book.entries(), ints{-1});
    EXPECT_EQ(s.try_next()->value().content, 2);
}

TEST_F(carrier_test, a_function_that_takes_a_reference_to_it_looks_at_all_of_it) {
    auto s = parcels(2) | map([](parcel<int>& p) { return p.content + 10; }) |
             filter([](const parcel<int>& p) { return p.content == 12; });

    EXPECT_EQ(used(std::move(s)), ints{12});
    EXPECT_EQ(book.entries(), (ints{1, 2}));
}

TEST_F(carrier_test, a_function_that_takes_the_whole_takes_over_what_is_owed) {
    auto s = parcels(2) | map([](parcel<int> p) {
                 if (p.content == 1)
                     p.sign();
                 return p.content;
             });
    static_assert(std::is_same_v<item_t<decltype(s)>, int>);

    EXPECT_EQ(used(std::move(s)), (ints{1, 2}));
    EXPECT_EQ(book.entries(), (ints{1, -2}));
}

TEST_F(carrier_test, the_first_answer_counts) {
    auto what = run([&](auto token) {
        async_for_each(
            parcels(2),
            [](parcel<int>& p) {
                if (p.content == 1)
                    p.due.answer(-1);
            },
            token);
    });

    EXPECT_EQ(what, "");
    EXPECT_EQ(book.entries(), (ints{-1, 2}));
}

TEST_F(carrier_test, chunks_are_settled_as_one) {
    auto s = parcels(5) | chunks(2) | filter([](const ints& chunk) { return chunk.front() != 3; });

    {
        auto first = s.try_next();
        EXPECT_EQ(first->content, (ints{1, 2}));
        EXPECT_EQ(book.entries(), ints());
    }
    EXPECT_EQ(book.entries(), (ints{-1, -2}));
    EXPECT_EQ(used(std::move(s)), std::vector<ints>{{5}});
    EXPECT_EQ(book.entries(), (ints{-1, -2, 3, 4, 5}));
}

TEST_F(carrier_test, the_kin_of_chunks_join_them_too) {
    EXPECT_EQ(
        used(parcels(4) | chunk_by([](int a, int b) { return (a < 3) == (b < 3); }, 10)),
        (std::vector<ints>{{1, 2}, {3, 4}}));
    EXPECT_EQ(
        used(parcels(3) | on(ctx.get_executor()) | chunks_timeout(2, std::chrono::hours(1))),
        (std::vector<ints>{{1, 2}, {3}}));
    EXPECT_EQ(book.entries(), (ints{1, 2, 3, 4, 1, 2, 3}));
}

asio::awaitable<int> later(int i) {
    co_await asio::post(asio::use_awaitable);
    if (i == 13)
        throw std::runtime_error("torn");
    co_return i * 10;
}

TEST_F(carrier_test, map_async_keeps_it_until_its_result_has_been_used) {
    auto s = parcels(3) | map_async(2, later) | map_async_keyed(2, [](int) { return 0; }, later);
    static_assert(std::is_same_v<item_t<decltype(s)>, parcel<int>>);

    EXPECT_EQ(used(std::move(s)), (ints{100, 200, 300}));
    EXPECT_EQ(book.entries(), (ints{1, 2, 3}));
}

TEST_F(carrier_test, map_async_sends_back_what_failed_and_what_was_in_flight) {
    auto what = run([&](auto token) {
        async_drain(
            parcels(3) | map([](int i) { return i == 2 ? 13 : i; }) | map_async(3, later), token);
    });

    EXPECT_EQ(what, "torn");
    EXPECT_EQ(book.entries(), (ints{1, -2, -3}));
}

TEST_F(carrier_test, map_async_may_call_back_and_may_take_all_of_it) {
    auto by_token = parcels(1) | map_async([this]<class Token>(int, Token&& token) {
                        return asio::post(ctx, std::forward<Token>(token));
                    });
    EXPECT_EQ(used(std::move(by_token)).size(), 1U);
    EXPECT_EQ(book.entries(), ints{1});

    auto looks = parcels(1) |
                 map_async([](parcel<int>& p) -> asio::awaitable<int> { co_return p.content + 1; });
    EXPECT_EQ(used(std::move(looks)), ints{2});
    EXPECT_EQ(book.entries(), (ints{1, 1}));

    auto takes =
        parcels(1) | map_async([](parcel<int> p) -> asio::awaitable<int> { co_return p.content; });
    EXPECT_EQ(used(std::move(takes)), ints{1});
    EXPECT_EQ(book.entries(), (ints{1, 1, -1}));
}

TEST_F(carrier_test, filter_async_settles_what_it_drops) {
    auto s = parcels(3) |
             filter_async(2, [](const int& i) -> asio::awaitable<bool> { co_return i != 2; });

    EXPECT_EQ(used(std::move(s)), (ints{1, 3}));
    auto all = book.entries();
    std::ranges::sort(all);
    EXPECT_EQ(all, (ints{1, 2, 3}));
}

TEST_F(carrier_test, parallel_passes_it_on) {
    asio::thread_pool pool(2);
    auto s = parcels(3) | parallel(2, pool, [](int i) { return i * 2; });

    EXPECT_EQ(used(std::move(s)), (ints{2, 4, 6}));
    EXPECT_EQ(book.entries(), (ints{1, 2, 3}));
}

TEST_F(carrier_test, others_carry_it_as_an_item) {
    auto s = parcels(4) | on(ctx.get_executor()) | buffered(2) | take(2);

    EXPECT_EQ(used(std::move(s)), (ints{1, 2}));
    auto all = book.entries();
    std::ranges::sort(all);
    EXPECT_EQ(all, (ints{-4, -3, 1, 2}));
}

TEST_F(carrier_test, a_terminal_settles_what_it_has_used) {
    auto what = run([&](auto token) {
        async_for_each(
            parcels(3),
            [&](int i) {
                EXPECT_EQ(book.entries().size(), static_cast<std::size_t>(i - 1));
                if (i == 3)
                    throw std::runtime_error("torn");
            },
            token);
    });

    EXPECT_EQ(what, "torn");
    EXPECT_EQ(book.entries(), (ints{1, 2, -3}));
}

TEST_F(carrier_test, a_terminal_that_awaits_settles_after_that) {
    auto what = run([&](auto token) {
        async_for_each(
            parcels(2),
            [&](int i) -> asio::awaitable<void> {
                co_await asio::post(asio::use_awaitable);
                EXPECT_EQ(book.entries().size(), static_cast<std::size_t>(i - 1));
                if (i == 2)
                    throw std::runtime_error("torn");
            },
            token);
    });

    EXPECT_EQ(what, "torn");
    EXPECT_EQ(book.entries(), (ints{1, -2}));
}

TEST_F(carrier_test, so_does_one_with_several_at_once) {
    auto what = run([&](auto token) { async_for_each(parcels(4), 2, later, token); });

    EXPECT_EQ(what, "");
    EXPECT_EQ(book.entries(), (ints{1, 2, 3, 4}));
}

TEST_F(carrier_test, terminals_that_make_one_value_use_them_up) {
    std::vector<std::string> failures{
        run([&](auto token) { async_count(parcels(1), token); }),
        run([&](auto token) { async_fold(parcels(1), 0, std::plus<>(), token); }),
        run([&](auto token) { async_contains(parcels(1), 1, token); }),
        run([&](auto token) { async_all_of(parcels(1), [](int i) { return i == 1; }, token); }),
        run([&](auto token) {
            async_fold(
                parcels(1),
                0,
                [](int sum, int i) -> asio::awaitable<int> { co_return sum + i; },
                token);
        })};

    EXPECT_EQ(failures, std::vector<std::string>(5));
    EXPECT_EQ(book.entries(), ints(5, 1));
}

TEST_F(carrier_test, who_asks_for_the_items_answers_for_them) {
    std::vector<parcel<int>> mine;
    async_collect(
        parcels(2), asio::bind_executor(ctx.get_executor(), [&](std::exception_ptr, auto all) {
            mine = std::move(all);
        }));
    ctx.run();

    EXPECT_EQ(book.entries(), ints());
    mine.clear();
    EXPECT_EQ(book.entries(), (ints{-1, -2}));
}

TEST_F(carrier_test, a_sink_that_takes_carriers_gets_them) {
    auto [tx, rx] = make_channel<parcel<int>>(ctx.get_executor(), 4);

    EXPECT_EQ(
        run([&, &out = tx](auto token) { forward_to(parcels(2), std::move(out), token); }), "");
    EXPECT_EQ(book.entries(), ints());
    EXPECT_EQ(used(std::move(rx)), (ints{1, 2}));
    EXPECT_EQ(book.entries(), (ints{1, 2}));
}

TEST_F(carrier_test, of_a_sink_of_values_it_is_settled_when_that_has_taken_the_value) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    forward_to(parcels(3), std::move(tx), asio::bind_executor(ctx, [](std::exception_ptr) {}));

    ctx.poll();
    EXPECT_EQ(book.entries(), (ints{1, 2})); // there is no room for the third
    EXPECT_EQ(used(std::move(rx)), (ints{1, 2, 3}));
    EXPECT_EQ(book.entries(), (ints{1, 2, 3}));
}

/// A sink that tells when it has completed an item.
struct post_office {
    using executor_type = asio::io_context::executor_type;
    executor_type executor;
    std::vector<std::function<void(error_code)>>& open;

    executor_type get_executor() const { return executor; }
    bool try_send(int&) { return false; }
    template <class Done>
    bool try_send(int&, Done& done) {
        if (open.size() == 2)
            return false;
        open.push_back([d = std::make_shared<Done>(std::move(done))](error_code ec) { (*d)(ec); });
        return true;
    }
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            [ex = executor](auto handler) {
                asio::post(
                    ex, [done = std::move(handler)]() mutable { std::move(done)(error_code()); });
            },
            token);
    }
    void close() {}
    void close(std::exception_ptr) {}
};

TEST_F(carrier_test, of_a_sink_that_tells_it_is_settled_when_that_has_completed_it) {
    std::vector<std::function<void(error_code)>> open;
    forward_to(
        parcels(3),
        post_office{ctx.get_executor(), open},
        asio::bind_executor(ctx, [](std::exception_ptr) {}));

    ctx.poll_one();
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(book.entries(), ints());
    open[1]({});
    open[0](errc::closed);
    open.clear();
    EXPECT_EQ(book.entries(), (ints{2, -1}));
    ctx.run();
    ASSERT_EQ(open.size(), 1U);
    open.front()({});
    EXPECT_EQ(book.entries(), (ints{2, -1, 3}));
}

} // namespace
} // namespace streamx::testing
