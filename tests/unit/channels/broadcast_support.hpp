#pragma once

// What the tests of broadcasts share.

#include "support.hpp"

#include <streamx/channels/broadcast.hpp>

#include <initializer_list>

namespace streamx::testing {

/// Puts the items, without waiting, and expects that nobody is to be waited for.
template <class T>
void put_all(broadcast<T>& b, std::initializer_list<T> items) {
    for (const T& item : items)
        EXPECT_TRUE(b.try_put(item)) << item;
}

/// A broadcast of numbers, what nobody took of it, and calls that run until all is done.
struct broadcast_fixture : channel_test {
    ints undelivered;
    broadcast<int> b{ctx.get_executor(), {.on_undelivered = [this](int&& item) {
                         undelivered.push_back(item);
                     }}};

    /// Asks for the next item; `got` is what comes of it.
    template <class... Signal>
    void ask(subscription<int>& s, received<int>& got, Signal&... signal) {
        got = {};
        s.async_next(into(got, signal...));
        run();
    }

    code put(int item) {
        code result;
        b.async_put(item, into(result));
        run();
        EXPECT_TRUE(result) << item << " is not accepted";
        return result;
    }
};

} // namespace streamx::testing
