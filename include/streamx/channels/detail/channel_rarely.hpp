#pragma once

#include <streamx/channels/detail/channel_account.hpp>
#include <streamx/channels/detail/channel_node.hpp>
#include <streamx/channels/detail/waiter.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>

namespace streamx::detail {

/// What most channels never need, made when it is first needed.
template <class T, class Lock>
struct channel_rarely {
    std::function<void(T&&)> on_undelivered;
    std::exception_ptr failure;
    waiter_list<waiter<T, Lock>> watchers; ///< of its being closed
    std::uint64_t dropped_oldest = 0;
    std::uint64_t dropped_newest = 0;
    std::uint64_t undelivered = 0;
    std::uint64_t times_blocked = 0;
    std::chrono::nanoseconds blocked_for{0};
    std::unique_ptr<channel_account<T, Lock>> budget; ///< from the start, or never
    std::shared_ptr<channel_node<T, Lock>> shown;     ///< likewise
};

} // namespace streamx::detail
