#pragma once

#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/waiter.hpp>

#include <optional>
#include <utility>

namespace streamx::detail {

/// What is done once a channel's lock is let go: others get what was set free, and then who was
/// waited for is woken. Declare it before the lock.
template <class T, class Lock>
struct channel_wakes : wake_list<waiter<T, Lock>> {
    budget_release budget;
};

/// Items on their way to the hook, which is called once the lock is let go: declare it before that.
template <class T, class Lock>
struct channel_drops {
    explicit channel_drops(channel_core<T, Lock>& c) noexcept : core(c) {}
    channel_drops(const channel_drops&) = delete;
    channel_drops& operator=(const channel_drops&) = delete;
    ~channel_drops() {
        if (item)
            core.undelivered(*std::move(item));
        if (newest)
            core.undelivered(*std::move(newest));
    }

    channel_core<T, Lock>& core;
    std::optional<T> item;
    std::optional<T> newest;
};

} // namespace streamx::detail
