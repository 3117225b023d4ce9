#pragma once

// What the tests of a budget share: channels and broadcasts whose items weigh something.

#include "broadcast_support.hpp"

#include <streamx/channels/memory_budget.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace streamx::testing {

/// Items are ints that weigh what they are.
struct memory_budget_test : channel_test {
    memory_budget budget{10};

    channel_options<int> options(overflow policy = overflow::wait, std::size_t capacity = 100) {
        return {.capacity = capacity, .overflow = policy, .budget = budget, .weight = [](int i) {
                    return static_cast<std::size_t>(i);
                }};
    }
    auto channel(overflow policy = overflow::wait, std::size_t capacity = 100) {
        return make_channel<int>(ctx.get_executor(), options(policy, capacity));
    }

    broadcast<int> broadcast_of(std::function<void(int&&)> on_undelivered = nullptr) {
        return broadcast<int>(
            ctx.get_executor(),
            {.on_undelivered = std::move(on_undelivered), .budget = budget, .weight = [](int i) {
                 return static_cast<std::size_t>(i);
             }});
    }

    /// Starts a send and lets it go as far as it can.
    template <class Sender>
    void send(Sender& tx, int item, code& result) {
        tx.async_send(item, into(result));
        run();
    }
};

} // namespace streamx::testing
