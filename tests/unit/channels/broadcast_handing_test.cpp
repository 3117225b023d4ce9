// How the item of a put that waits comes to the one who asks: from hand to hand where there is no other
// to have it, and through the ring where there is.
#include "broadcast_support.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

namespace streamx::testing {
namespace {

using broadcast_handing_test = broadcast_fixture;

TEST_F(broadcast_handing_test, puts_that_wait_are_taken_in_order_and_counted) {
    auto s = b.subscribe();
    code sent[4];
    for (int item : {1, 2, 3})
        b.async_put(item, into(sent[item]));

    EXPECT_EQ(take_one(s), 1);
    run();
    EXPECT_EQ(sent[1], success);
    EXPECT_FALSE(sent[2]);
    EXPECT_EQ(take_all(s), (ints{2, 3}));
    run();

    EXPECT_EQ(sent[3], success);
    EXPECT_EQ(b.stats().put, 3u);
    EXPECT_EQ(b.stats().delivered, 3u);
    EXPECT_EQ(b.stats().times_blocked, 3u);
    EXPECT_EQ(s.stats().delivered, 3u);
    EXPECT_EQ(s.lag(), 0u);
}

TEST_F(broadcast_handing_test, who_comes_meanwhile_gets_the_next) {
    auto first = b.subscribe();
    code one, two;
    b.async_put(1, into(one));
    b.async_put(2, into(two));
    EXPECT_EQ(take_one(first), 1);

    auto second = b.subscribe();
    received<int> got;
    ask(second, got);
    EXPECT_FALSE(got.done);
    EXPECT_EQ(take_one(first), 2);
    run();

    EXPECT_EQ(got.item, 2);
    EXPECT_EQ(two, success);
    EXPECT_EQ(b.stats().put, 2u);
    EXPECT_EQ(b.stats().delivered, 3u);
}

TEST_F(broadcast_handing_test, what_is_retained_is_there_for_the_next_to_come) {
    broadcast<int> retaining(ctx.get_executor(), {.retain = 1});
    auto s = retaining.subscribe();
    code sent;
    retaining.async_put(1, into(sent));
    EXPECT_EQ(take_one(s), 1);

    auto late = retaining.subscribe({.replay = 1});

    EXPECT_EQ(take_one(late), 1);
}

TEST_F(broadcast_handing_test, an_item_that_stays_where_it_is_fails_its_own_put_only) {
    struct reluctant {
        explicit reluctant(int number) : n(number) {}
        reluctant(const reluctant&) = default;
        reluctant(reluctant&& other) : n(other.n) {
            if (n < 0)
                throw std::invalid_argument("stays");
        }
        int n;
    };
    for (const bool alone : {true, false}) {
        broadcast<reluctant> items(ctx.get_executor());
        auto s = items.subscribe();
        auto other = items.subscribe();
        bool other_got_it = false;
        if (alone)
            other.release();
        else
            other.async_next([&](std::exception_ptr, std::optional<reluctant> item) {
                other_got_it = item.has_value();
            });
        run();
        reluctant mine(-1);
        code bad, good;
        items.async_put(std::ref(mine), into(bad));
        items.async_put(reluctant(2), into(good));

        EXPECT_TRUE(s.try_next().is_pending()) << alone;
        run();
        EXPECT_EQ(bad, to_error_code(std::make_exception_ptr(std::invalid_argument("stays"))));
        EXPECT_EQ(mine.n, -1);
        EXPECT_EQ(items.stats().put, 0u);
        EXPECT_EQ(items.stats().delivered, 0u);

        auto item = s.try_next();
        run();
        ASSERT_TRUE(item) << alone;
        EXPECT_EQ(item->n, 2);
        EXPECT_EQ(good, success);
        EXPECT_EQ(items.stats().put, 1u);
        EXPECT_EQ(other_got_it, !alone);
    }
}

} // namespace
} // namespace streamx::testing
