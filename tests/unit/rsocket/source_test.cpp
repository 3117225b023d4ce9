// The stream that a session pulls the items from which it sends.

#include "typed_support.hpp"

#include <streamx/operators/filter.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

using source_test = typed_fixture;

TEST_F(source_test, one_that_drops_its_answer_stays_until_it_has_returned) {
    serve().on_channel("same", [](const request&, payload_stream in) { return in; });
    std::optional<payload_stream> answer;
    int made = 0;
    auto alive = std::make_shared<int>(0); // not const: what captures it is to be moved
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto items = range(0, 10) | on(ctx.get_executor()) |
                     map([&, alive, drop = std::string(100, 'x')](int i) {
                         ++made;
                         if (i == 3)
                             answer.reset();
                         return payload(drop + std::to_string(i)); // what the function holds
                     });
        answer = c.request_channel("same", std::move(items));
        while (answer)
            co_await asio::post(asio::use_awaitable);
        co_await asio::post(asio::use_awaitable);
        EXPECT_EQ(made, 4);
        EXPECT_EQ(alive.use_count(), 1);
    });
}

TEST_F(source_test, a_channel_is_asked_for_with_the_first_item_however_long_it_takes_to_come) {
    serve().on_channel("same", [](const request&, payload_stream in) { return in; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto items = range(0, 100'000) | on(ctx.get_executor()) |
                     filter([](int i) { return i >= 99'998; }) |
                     map([](int i) { return payload(std::to_string(i)); });
        const auto got = co_await all(c.request_channel("same", std::move(items)));
        EXPECT_EQ(got, (std::vector<std::string>{"99998", "99999"}));
    });
}

} // namespace
} // namespace streamx::rsocket
