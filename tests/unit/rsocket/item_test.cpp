// Items that go past the events, to the owner of their stream.

#include "engine_support.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace streamx::rsocket {
namespace {

/// What a stream's owner is given past the events: items, each with a comma, the last with a full stop.
struct consumer final : attachment {
    void take(const item_run& items) override {
        items.each([&](std::string_view data) { (taken += data) += ','; });
    }
    void take_last(std::string_view data) override { (taken += data) += '.'; }
    std::string taken;
};

struct item_test : ::testing::Test {
    std::shared_ptr<consumer> user = std::make_shared<consumer>();
    end_point e = open_client();

    std::uint32_t ask(frame_type type, std::uint32_t n) {
        const auto id = e.fsm.request(type, {}, n, false, user);
        e.said();
        return id;
    }
    static std::string item(
        std::string_view data,
        std::uint16_t more = 0,
        std::optional<std::string_view> metadata = {},
        std::uint32_t stream = 1) {
        std::string out;
        encode(
            frame{
                .type = frame_type::payload,
                .stream = stream,
                .flags = static_cast<std::uint16_t>(flags::next | more),
                .metadata = metadata,
                .data = data},
            out);
        return out;
    }
    /// All of these came in one read. Gives what is not a whole frame.
    std::string come(std::string_view bytes) {
        for (;;) {
            if (const auto n = e.fsm.receive_items(bytes, e.now)) {
                bytes.remove_prefix(n);
                continue;
            }
            const auto f = next_frame(bytes, max_frame_size);
            if (!f)
                return std::string(bytes);
            e.fsm.receive(*f, e.now);
        }
    }
};

TEST_F(item_test, Payload__an_item_does_not_overtake_one_that_came_as_an_event) {
    ask(frame_type::request_stream, 10);

    come(item("a") + item("b", 0, "with metadata") + item("c") + item("d", flags::complete));

    EXPECT_EQ(user->taken, "a,");
    EXPECT_EQ(e.said(), "item item item");
}

TEST_F(item_test, Payload__items_in_a_row_are_handed_on_together_up_to_a_part_of_one) {
    ask(frame_type::request_stream, 10);
    const auto whole = item("a") + item("") + item(std::string(2000, 'l')) + item("b");
    const auto part = item("rest").substr(0, 12);

    EXPECT_EQ(come(whole + part), part);

    EXPECT_EQ(user->taken, "a,," + std::string(2000, 'l') + ",b,");
    EXPECT_EQ(e.said(), "");
}

TEST_F(item_test, Payload__an_item_beyond_the_credit_is_none_of_the_others) {
    ask(frame_type::request_stream, 2);

    come(item("a") + item("b") + item("c"));

    EXPECT_EQ(user->taken, "a,b,");
    EXPECT_EQ(e.said(), "failed CANCEL");
}

TEST_F(item_test, Payload__the_last_item_ends_its_stream) {
    ask(frame_type::request_stream, 2);
    ask(frame_type::request_response, 1);

    come(item("a") + item("b", flags::complete) + item("c", flags::complete, {}, 3));

    EXPECT_EQ(user->taken, "a,b.c.");
    EXPECT_EQ(e.said(), "");
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST_F(item_test, Payload__items_of_two_streams_take_turns) {
    ask(frame_type::request_stream, 2);
    ask(frame_type::request_stream, 2);

    come(item("a") + item("b", 0, {}, 3) + item("c") + item("d", 0, {}, 3));

    EXPECT_EQ(user->taken, "a,b,c,d,");
}

} // namespace
} // namespace streamx::rsocket
