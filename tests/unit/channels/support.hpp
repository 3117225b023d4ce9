#pragma once

// What the tests of channels share: a context that is stepped by hand, and where results go.

#include <streamx/channels/channel.hpp>

#include <unit/sanitizers.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {

inline const error_code success;

/// What an operation of `void(error_code)` completed with; empty until it has.
using code = std::optional<error_code>;

/// What `async_next` completed with.
template <class T>
struct received {
    bool done = false;
    std::exception_ptr failure;
    std::optional<T> item;

    bool ended() const { return done && !failure && !item; }
    error_code ec() const { return to_error_code(failure); }
};

/// What `async_receive_many` completed with.
template <class T>
struct received_many {
    bool done = false;
    std::exception_ptr failure;
    std::vector<T> items;

    error_code ec() const { return to_error_code(failure); }
};

/// A handler that writes down what it gets, and complains if it is called twice.
inline auto into(code& result) {
    return [&result](error_code ec) {
        EXPECT_FALSE(result) << "completed twice";
        result = ec;
    };
}
template <class T>
auto into(received<T>& result) {
    return [&result](std::exception_ptr failure, std::optional<T> item) {
        EXPECT_FALSE(std::exchange(result.done, true)) << "completed twice";
        result.failure = std::move(failure);
        result.item = std::move(item);
    };
}
template <class T>
auto into(received_many<T>& result) {
    return [&result](std::exception_ptr failure, std::vector<T> items) {
        EXPECT_FALSE(std::exchange(result.done, true)) << "completed twice";
        result.failure = std::move(failure);
        result.items = std::move(items);
    };
}

/// The same handler with a cancellation slot.
template <class Result>
auto into(Result& result, asio::cancellation_signal& signal) {
    return asio::bind_cancellation_slot(signal.slot(), into(result));
}

struct channel_test : ::testing::Test {
    asio::io_context ctx;

    /// Runs everything that can run now.
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

/// Puts the items in, without waiting, and expects room for them.
template <class Sender, class T = typename Sender::value_type>
void fill(Sender& tx, std::initializer_list<T> items) {
    for (const T& item : items)
        EXPECT_TRUE(tx.try_send(item)) << item;
}

/// Takes what is there.
template <class Receiver, class T = typename Receiver::value_type>
std::vector<T> take_all(Receiver& rx) {
    std::vector<T> items;
    while (auto item = rx.try_next())
        items.push_back(*std::move(item));
    return items;
}

/// Takes one item that has to be there.
template <class Receiver, class T = typename Receiver::value_type>
std::optional<T> take_one(Receiver& rx) {
    return rx.try_next().to_optional();
}

using ints = std::vector<int>;

} // namespace streamx::testing
