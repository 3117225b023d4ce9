#pragma once

#include <streamx/channels/broadcast.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/channels/detail/share_core.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/clock_service.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx {

struct share_options {
    /// It starts when there are so many subscribers.
    std::size_t start_after = 1;
    /// So long after the last subscriber has left the stream is stopped and let go of, by the clock of
    /// its executor; at `duration::max()` never.
    clock_service::duration stop_grace{0};
    /// What becomes of an item that comes in that time.
    streamx::no_subscribers no_subscribers = streamx::no_subscribers::wait;
    /// So many of the last items are kept for newcomers who ask for a `replay`.
    std::size_t retain = 0;
    /// Under this `dump_graph` shows it.
    std::string name = {};
};

/// One subscriber of a shared stream: a `subscription` whose destruction may stop that stream.
///
/// Thread safety: different ones may be used from different threads, one from one thread at a time.
template <class T>
class [[nodiscard]] shared_subscription : public stream_interface<shared_subscription<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const noexcept { return items_.get_executor(); }
    poll<T> try_next() { return items_.try_next(); }

    template <class Token>
    auto async_wait(Token&& token) {
        return items_.async_wait(std::forward<Token>(token));
    }

    /// How many items are there for it now that it has not taken.
    std::uint64_t lag() const { return items_.lag(); }
    /// How many items its policy has cost it so far.
    std::uint64_t missed() const { return items_.missed(); }
    subscription_stats stats() const { return items_.stats(); }

    /// A stream that is over has left, but can still be asked for its `stats`.
    void release() noexcept {
        items_.release();
        place_.reset();
    }

    /// Made by `shared_stream::subscribe`.
    shared_subscription(
        std::unique_ptr<typename detail::share_core<T>::place> place, subscription<T> items)
        : place_(std::move(place)), items_(std::move(items)) {}

private:
    std::unique_ptr<typename detail::share_core<T>::place> place_;
    subscription<T> items_; // leaves first
};

/// What `share` makes: a stream that any number can subscribe to. Copies are the same one; it lives
/// as long as they or its subscribers do. May be used from any thread at any time.
template <std::copy_constructible T>
class shared_stream {
public:
    using value_type = T;

    /// Joins: the stream of all items from now on, as of a `broadcast`. May start what is shared.
    /// Throws what `broadcast::subscribe` throws, and what a function that makes the stream does.
    shared_subscription<T> subscribe(subscribe_options<T> options = {}) {
        auto [place, items] = core_->subscribe(std::move(options));
        return {std::move(place), std::move(items)};
    }

    std::size_t subscriber_count() const { return core_->subscriber_count(); }
    /// Whether it was started, and has not ended or been stopped.
    bool is_running() const { return core_->is_running(); }
    /// Those of the broadcast behind it; of the last one, where there were several.
    broadcast_stats stats() const {
        const auto run = core_->current();
        return run ? run->items->stats() : broadcast_stats();
    }

    /// Made by `share`.
    explicit shared_stream(std::shared_ptr<detail::share_core<T>> core) noexcept
        : core_(std::move(core)) {}

private:
    std::shared_ptr<detail::share_core<T>> core_;
};

namespace detail {

template <class S>
typename share_core<item_t<S>>::run_ptr make_share_run(S stream, const share_options& options) {
    using T = item_t<S>;
    auto run = std::make_shared<typename share_core<T>::run>();
    run->items = std::make_shared<broadcast<T>>(
        stream.get_executor(),
        broadcast_options<T>{
            .no_subscribers = options.no_subscribers,
            .retain = options.retain,
            .name = options.name});
    run->pump = std::make_shared<pump<S, broadcast_sink<T>>>(
        std::move(stream), broadcast_sink<T>{run->items});
    return run;
}

template <class T>
shared_stream<T> make_shared_stream(
    typename share_core<T>::run_ptr first,
    std::function<typename share_core<T>::run_ptr()> next,
    const share_options& options) {
    checked_size(options.start_after, "share: start_after must be at least 1");
    if (options.stop_grace < clock_service::duration::zero())
        throw std::invalid_argument("share: stop_grace must not be negative");
    return shared_stream<T>(std::make_shared<share_core<T>>(
        std::move(first), std::move(next), options.start_after, options.stop_grace));
}

} // namespace detail

/// Turns a stream into a broadcast. It is pulled on its own executor, which runs one handler at a time
/// (a strand, or a context that one thread runs), from the first subscriber on, and stopped when the
/// last has left: at once, or after a grace in which a newcomer goes on with it. What it ends or fails
/// with reaches all subscribers, and those who come later.
///
/// A stream that was stopped is gone: who comes after that finds what is retained and the end. If
/// it is to be started again give a function.
/// Throws `std::invalid_argument` if `start_after` is 0 or `stop_grace` negative.
template <async_stream S>
    requires std::copy_constructible<item_t<S>>
[[nodiscard]] shared_stream<item_t<S>> share(S stream, share_options options) {
    return detail::make_shared_stream<item_t<S>>(
        detail::make_share_run(std::move(stream), options), nullptr, options);
}

/// The same with a function that makes the stream. It is called by the first to subscribe, and again
/// by the first to subscribe after the stream was stopped, or has ended or failed: those get the new
/// one from its beginning, and those who still have something of the old one are not touched. One
/// call at a time; it must not use what is shared.
template <class Make>
    requires async_stream<std::invoke_result_t<Make&>>
[[nodiscard]] auto share(Make make, share_options options) {
    using T = item_t<std::invoke_result_t<Make&>>;
    return detail::make_shared_stream<T>(
        nullptr,
        [make = std::move(make), options]() mutable {
            return detail::make_share_run(make(), options);
        },
        options);
}
/// Either with the default options. (Not by a default argument: g++ 12 destroys that twice in an
/// expression with a `co_await`.)
template <class StreamOrMake>
[[nodiscard]] auto share(StreamOrMake from) {
    return share(std::move(from), share_options());
}

} // namespace streamx
