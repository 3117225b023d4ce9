#pragma once

#include <streamx/channels/memory_budget.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/channels/receiver.hpp>
#include <streamx/channels/sender.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx {

/// How a channel is made, where a capacity alone does not say it.
template <class T>
struct channel_options {
    /// The most items that are in it at one time; 0 is a rendezvous: an item is accepted only while
    /// a receiver waits for one.
    std::size_t capacity = 0;
    streamx::overflow overflow = streamx::overflow::wait;
    /// Gets each item that the overflow policy drops, that a failed send had been given by value,
    /// or that is left when the last receiver goes. Called by whoever caused it, with no lock held;
    /// it must not throw.
    std::function<void(T&&)> on_undelivered = nullptr;
    /// What the items in it weigh counts against this as well: where that is used up it is full.
    std::optional<memory_budget> budget = std::nullopt;
    /// What an item weighs; `weight_of` if nothing is given. It may be called by several threads at
    /// a time.
    std::function<std::size_t(const T&)> weight = nullptr;
    /// Under this `dump_graph` shows it in the context of the receiver's executor.
    std::string name = {};
};

/// The two ends of a channel; made for structured bindings, `auto [tx, rx] = make_channel<T>(...)`.
template <class T, class Lock>
struct channel_ends {
    basic_sender<T, Lock> tx;
    basic_receiver<T, Lock> rx;
};

namespace detail {

template <class T, class Lock>
channel_ends<T, Lock> make_ends(
    const asio::any_io_executor& tx, const asio::any_io_executor& rx, channel_options<T> options) {
    if (options.overflow == overflow::disconnect)
        throw std::invalid_argument(
            "make_channel: overflow::disconnect is for the subscribers of a broadcast");
    check_capacity(
        options.capacity,
        options.overflow,
        "make_channel: capacity must be at least 1 with overflow::drop_oldest");
    const core_ptr<T, Lock> core(new channel_core<T, Lock>(
        rx, options.capacity, options.overflow, std::move(options.on_undelivered)));
    if (!options.name.empty())
        core->show(std::move(options.name));
    if (options.budget) {
        if constexpr (std::is_same_v<Lock, null_lock>)
            throw std::invalid_argument("make_local_channel: a budget is shared by threads");
        else
            core->share(
                options.budget->state(),
                options.weight ? std::move(options.weight) : &weight_of<T>);
    }
    return {basic_sender<T, Lock>(core, tx), basic_receiver<T, Lock>(core, rx)};
}

} // namespace detail

/// Makes a bounded channel between any number of senders and receivers on any threads: a full
/// channel suspends its senders. `capacity` 0 is a rendezvous. Both ends run on `ex` unless a
/// handler says otherwise; `tx.on(strand)` and `rx | on(strand)` give one end another.
template <class T>
[[nodiscard]] channel_ends<T, std::mutex>
make_channel(const asio::any_io_executor& ex, std::size_t capacity) {
    return detail::make_ends<T, std::mutex>(ex, ex, {capacity});
}
template <class T>
[[nodiscard]] channel_ends<T, std::mutex>
make_channel(const asio::any_io_executor& ex, channel_options<T> options) {
    return detail::make_ends<T, std::mutex>(ex, ex, std::move(options));
}

/// The same with an executor for each end, such as two strands.
template <class T>
[[nodiscard]] channel_ends<T, std::mutex> make_channel(
    const asio::any_io_executor& tx, const asio::any_io_executor& rx, std::size_t capacity) {
    return detail::make_ends<T, std::mutex>(tx, rx, {capacity});
}
template <class T>
[[nodiscard]] channel_ends<T, std::mutex> make_channel(
    const asio::any_io_executor& tx, const asio::any_io_executor& rx, channel_options<T> options) {
    return detail::make_ends<T, std::mutex>(tx, rx, std::move(options));
}

/// The same without a lock: both ends, all copies and all their operations stay on one strand.
template <class T>
[[nodiscard]] channel_ends<T, detail::null_lock>
make_local_channel(const asio::any_io_executor& ex, std::size_t capacity) {
    return detail::make_ends<T, detail::null_lock>(ex, ex, {capacity});
}
template <class T>
[[nodiscard]] channel_ends<T, detail::null_lock>
make_local_channel(const asio::any_io_executor& ex, channel_options<T> options) {
    return detail::make_ends<T, detail::null_lock>(ex, ex, std::move(options));
}

} // namespace streamx
