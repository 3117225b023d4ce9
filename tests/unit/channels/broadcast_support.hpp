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

} // namespace streamx::testing
