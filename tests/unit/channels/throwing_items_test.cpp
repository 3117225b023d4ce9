#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace streamx::testing {
namespace {

/// An item whose moves throw when the countdown gets to 0; an address that is destroyed twice or
/// never is a failure.
class fickle {
public:
    inline static int countdown = -1; // below 0: no move throws
    inline static std::set<const void*> alive;

    explicit fickle(int v) : value(v) { born(); }
    fickle(fickle&& other) : value(other.value) {
        if (countdown >= 0 && countdown-- == 0)
            throw std::runtime_error("cannot be moved");
        other.value = -1;
        born();
    }
    fickle& operator=(fickle&& other) {
        if (countdown >= 0 && countdown-- == 0)
            throw std::runtime_error("cannot be moved");
        value = std::exchange(other.value, -1);
        return *this;
    }
    ~fickle() { EXPECT_EQ(alive.erase(this), 1u) << "destroyed, but not alive"; }

    int value;

private:
    void born() { EXPECT_TRUE(alive.insert(this).second) << "made, but already alive"; }
};

struct throwing_items_test : channel_test {
    void SetUp() override {
        fickle::countdown = -1;
        fickle::alive.clear();
    }
    void TearDown() override {
        fickle::countdown = -1;
        EXPECT_TRUE(fickle::alive.empty()) << "leaked";
    }

    template <class Receiver>
    static ints values(Receiver& rx) {
        ints all;
        while (auto item = rx.try_next())
            all.push_back(item->value);
        return all;
    }
};

TEST_F(throwing_items_test, a_try_that_throws_takes_no_room_and_the_channel_goes_on) {
    auto [tx, rx] = make_channel<fickle>(ctx.get_executor(), 2);
    ASSERT_TRUE(tx.try_send(fickle(1)));
    fickle item(2);

    fickle::countdown = 0;
    EXPECT_THROW(tx.try_send(item), std::runtime_error);

    EXPECT_EQ(item.value, 2);
    EXPECT_TRUE(tx.try_send(item));
    EXPECT_FALSE(tx.try_send(fickle(3)));
    EXPECT_EQ(values(rx), (ints{1, 2}));
}

TEST_F(throwing_items_test, a_parked_send_that_throws_is_told_and_those_behind_it_go_on) {
    auto [tx, rx] = make_channel<fickle>(ctx.get_executor(), 1);
    ASSERT_TRUE(tx.try_send(fickle(1)));
    fickle mine(2);
    fickle behind(3);
    code failed, sent;
    tx.async_send(std::ref(mine), into(failed));
    tx.async_send(std::ref(behind), into(sent));

    tx.set_capacity(1); // nothing changes
    fickle::countdown = 0;
    tx.set_capacity(2); // moves the first in, which throws, and then the second
    run();

    ASSERT_TRUE(failed);
    EXPECT_TRUE(failed->failed());
    EXPECT_EQ(mine.value, 2);
    EXPECT_EQ(sent, success);
    EXPECT_EQ(values(rx), (ints{1, 3}));
}

// However often an item is moved on its way out, and whichever of the moves throws: nothing is
// destroyed twice, nothing leaks, at most that one item is lost, and the channel goes on.
TEST_F(throwing_items_test, a_receive_that_throws_leaves_a_channel_that_goes_on) {
    for (bool from_batch : {false, true})
        for (int move = 0; move < 6; ++move) {
            SCOPED_TRACE(::testing::Message() << from_batch << ' ' << move);
            auto [tx, rx] = make_channel<fickle>(ctx.get_executor(), 4);
            for (int n = 1; n <= 4; ++n)
                ASSERT_TRUE(tx.try_send(fickle(n)));
            if (from_batch)
                (void)rx.try_next();

            fickle::countdown = move;
            bool threw = false;
            int first = -1;
            try {
                auto item = rx.try_next();
                first = item ? item->value : -2;
            } catch (const std::runtime_error&) {
                threw = true;
            }
            fickle::countdown = -1;

            EXPECT_TRUE(threw || first == (from_batch ? 2 : 1)) << first;
            auto rest = values(rx);
            ASSERT_GE(rest.size(), from_batch ? 2u : 3u);
            EXPECT_EQ(rest.back(), 4);
            EXPECT_EQ(rx.size(), 0u);
            EXPECT_TRUE(tx.try_send(fickle(5)));
            EXPECT_EQ(values(rx), (ints{5}));
        }
}

TEST_F(throwing_items_test, a_receive_whose_first_move_throws_leaves_the_item_in_the_channel) {
    auto [tx, rx] = make_channel<fickle>(ctx.get_executor(), 4);
    for (int n = 1; n <= 3; ++n)
        ASSERT_TRUE(tx.try_send(fickle(n)));
    (void)rx.try_next();

    fickle::countdown = 0;
    EXPECT_THROW((void)rx.try_next(), std::runtime_error);

    EXPECT_EQ(values(rx), (ints{2, 3}));
}

TEST_F(throwing_items_test, a_permit_that_throws_gives_its_slot_back_and_the_channel_can_end) {
    auto ends = make_channel<fickle>(ctx.get_executor(), 1);
    std::optional tx(std::move(ends.tx));
    permit<fickle> kept;
    tx->async_reserve([&](error_code, permit<fickle> p) { kept = std::move(p); });
    run();
    ASSERT_TRUE(kept);
    fickle item(1);

    fickle::countdown = 0;
    EXPECT_THROW(kept.send(item), std::runtime_error);

    kept = {};
    EXPECT_TRUE(tx->try_send(item));
    EXPECT_EQ(values(ends.rx), (ints{1}));
    tx.reset();
    EXPECT_TRUE(ends.rx.try_next().is_end());
}

TEST_F(throwing_items_test, an_item_dropped_for_one_that_throws_still_goes_to_the_hook) {
    ints undelivered;
    auto [tx, rx] = make_channel<fickle>(
        ctx.get_executor(),
        {.capacity = 1, .overflow = overflow::drop_oldest, .on_undelivered = [&](fickle&& item) {
             undelivered.push_back(item.value);
         }});
    for (int move = 0; move < 4; ++move) {
        SCOPED_TRACE(move);
        ASSERT_TRUE(tx.try_send(fickle(1)));
        undelivered.clear();

        fickle item(2);
        fickle::countdown = move;
        try {
            tx.try_send(item);
        } catch (const std::runtime_error&) {
        }
        fickle::countdown = -1;

        auto all = values(rx);
        all.insert(all.end(), undelivered.begin(), undelivered.end());
        EXPECT_TRUE(std::count(all.begin(), all.end(), 1)) << "silently lost";
    }
}

TEST_F(throwing_items_test, one_that_throws_at_the_start_of_a_segment_does_no_harm) {
    auto [tx, rx] = make_channel<fickle>(ctx.get_executor(), 1000);
    ints expected;
    for (int n = 0; n < 600; ++n) {
        fickle item(n);
        fickle::countdown = 0;
        EXPECT_THROW(tx.try_send(item), std::runtime_error);
        ASSERT_TRUE(tx.try_send(item));
        expected.push_back(n);
    }
    ints got;
    for (int n = 0; n < 600; ++n) {
        fickle::countdown = 0;
        EXPECT_THROW((void)rx.try_next(), std::runtime_error);
        auto item = rx.try_next();
        ASSERT_TRUE(item);
        got.push_back(item->value);
    }

    EXPECT_EQ(got, expected);
}

} // namespace
} // namespace streamx::testing
