#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_op.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace streamx {

namespace detail {

/// Stops at the first value that a predicate holds for.
template <class T, class Pred>
struct wait_for_step {
    bool operator()(T&& value) {
        if (!std::invoke(pred, std::as_const(value)))
            return true;
        result.emplace(std::move(value));
        return false;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(result));
    }

    Pred pred;
    std::optional<T> result;
};

} // namespace detail

/// Who looks at a `watch`: an `async_stream` of its values, the one at that time first. It gives the
/// latest and skips those that it came too late for; each at most once.
///
/// Thread safety: different watchers may be used from different threads, one watcher from one thread
/// at a time.
template <std::copy_constructible T>
class [[nodiscard]] watcher : public stream_interface<watcher<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    watcher(watcher&&) noexcept = default;
    watcher& operator=(watcher other) noexcept {
        stream_interface<watcher>::operator=(other);
        self_.swap(other.self_);
        return *this;
    }
    ~watcher() {
        if (self_)
            self_->core->leave(*self_);
    }

    executor_type get_executor() const noexcept { return self_->core->executor(); }

    poll<T> try_next() { return self_->core->try_next(*self_); }

    /// Waits until `try_next` is worth calling.
    /// @completes `void(error_code)` on the handler's associated executor, the watch's by default;
    ///            never inside this call
    /// @errors  `errc::operation_in_progress`: another wait is outstanding, which is not disturbed;
    ///          `operation_aborted`: cancelled, or this watcher destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{{this}}, token);
    }

    /// The latest value, which counts as seen now.
    T get() { return self_->core->latest(*self_); }

    /// What it has seen and what it was too late for: `delivered` values, `missed` ones, and a `lag`
    /// of 1 while the latest is not seen.
    subscription_stats stats() const { return self_->core->stats(*self_); }

    /// Whether there is a value that was not seen: given by neither `get` nor the stream.
    bool has_changed() const { return self_->core->has_item_for(*self_); }

    /// Waits until there is a value that was not seen. It is not seen yet when this completes, unless
    /// `get` has given it since.
    /// @completes `void(error_code)` on the handler's associated executor, the watch's by default;
    ///            never inside this call
    /// @errors  `errc::closed`: there is none, and there will be none; `errc::operation_in_progress`;
    ///          `operation_aborted`: cancelled, or this watcher destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_changed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_changed{{this}}, token);
    }

    /// Waits for a value that a predicate holds for; the latest one is asked first, seen or not. The
    /// values that are asked count as seen.
    /// @completes `void(std::exception_ptr, std::optional<T>)`, that value or, when the watch was
    ///            closed before, none, on the handler's associated executor, the watch's by default;
    ///            never inside this call
    /// @errors  what the predicate throws; the failure that the watch was closed with;
    ///          `errc::operation_in_progress`; `operation_aborted` when cancelled or this watcher
    ///          destroyed
    /// @cancels total, partial, terminal; the latest value can be had again
    /// @threads as the class
    template <std::predicate<const T&> Pred, class Token>
    auto async_wait_for(Pred pred, Token&& token) {
        return detail::initiate<void(std::exception_ptr, std::optional<T>)>(
            initiate_wait_for{{this}}, std::forward<Token>(token), std::move(pred));
    }
    /// The same for coroutines.
    template <std::predicate<const T&> Pred>
    asio::awaitable<std::optional<T>> wait_for(Pred pred) {
        return async_wait_for(std::move(pred), asio::use_awaitable);
    }

    /// When the stream is over the watcher stays, to be asked for the latest value.
    void release() noexcept {}

    /// Made by `watch::subscribe`.
    explicit watcher(boost::intrusive_ptr<detail::subscriber<T>> self) noexcept
        : self_(std::move(self)) {}

private:
    struct initiation {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->get_executor(); }

        watcher* self;
    };

    struct initiate_wait : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            detail::wait_broadcast(this->self->self_, std::move(handler), this->get_executor());
        }
    };

    /// An end is worth a try, and no change.
    template <class Handler>
    struct changed_op : detail::bound_handler<Handler, asio::any_io_executor> {
        changed_op(
            Handler handler,
            const asio::any_io_executor& ex,
            boost::intrusive_ptr<detail::subscriber<T>> s)
            : detail::bound_handler<Handler, asio::any_io_executor>(std::move(handler), ex),
              self(std::move(s)) {}

        void operator()(error_code ec) {
            if (!ec && !self->core->is_open() && !self->core->has_item_for(*self))
                ec = errc::closed; // while it is open only a change ends a wait
            self.reset();
            std::move(this->handler())(ec);
        }

        boost::intrusive_ptr<detail::subscriber<T>> self;
    };

    struct initiate_changed : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto ex = this->get_executor();
            const auto& s = this->self->self_;
            detail::wait_broadcast(s, changed_op<Handler>(std::move(handler), ex, s), ex);
        }
    };

    struct initiate_wait_for : initiation {
        template <class Handler, class Pred>
        void operator()(Handler handler, Pred pred) const {
            using step = detail::wait_for_step<T, Pred>;
            this->self->self_->core->rewind(*this->self->self_);
            detail::stream_access::go_on(*this->self); // also when it was over
            detail::drive_op<watcher&, step, Handler>::start(
                detail::passed<watcher&>(*this->self),
                step{std::move(pred), std::nullopt},
                std::move(handler));
        }
    };

    boost::intrusive_ptr<detail::subscriber<T>> self_;
};

/// A value that changes, for any number who want to know the latest: configuration, a state, a
/// price. Setting it never waits; who is slow skips values.
///
/// It is a `broadcast` that retains one item and whose subscribers drop the oldest at a capacity of
/// one. Destroying it closes it; the last value stays with the watchers. Thread safety: all but that
/// may be called from any thread at any time. Copying and destroying a `T` must not use the watch.
template <std::copy_constructible T>
class watch {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    /// With a name it is shown by `dump_graph`.
    watch(asio::any_io_executor ex, T value, std::string name = {})
        : core_(new detail::broadcast_core<T>(std::move(ex), no_subscribers::discard, 1, nullptr)) {
        if (!name.empty())
            core_->show(std::move(name));
        core_->try_put(value);
    }
    watch(watch&&) noexcept = default;
    watch& operator=(watch other) noexcept {
        core_.swap(other.core_);
        return *this;
    }
    ~watch() {
        if (core_)
            core_->close();
    }

    executor_type get_executor() const noexcept { return core_->executor(); }

    /// False if it is closed.
    bool set(T value) { return core_->try_put(value) == detail::put_result::accepted; }

    /// Changes it in place: `fn(T&)` is given a copy, and returns whether it has changed it; if not,
    /// nobody is told. One update at a time: `fn` must not use the watch. False if nothing was set.
    template <std::predicate<T&> Fn>
    bool update(Fn fn) {
        return core_->update(fn) == detail::put_result::accepted;
    }

    T get() const { return core_->latest(); }

    /// Who looks at it; the value that it has now counts as not seen.
    watcher<T> subscribe() {
        boost::intrusive_ptr<detail::subscriber<T>> s(new detail::subscriber<T>(core_));
        s->policy = overflow::drop_oldest;
        s->care = detail::attention::lossy;
        s->capacity = 1;
        core_->join(*s, 1);
        return watcher<T>(std::move(s));
    }

    /// Watchers see what they have not seen yet, then the end. The first close counts.
    void close() { core_->close(); }
    /// The same, but then this failure, and then the end.
    void close(std::exception_ptr failure) { core_->close(std::move(failure)); }
    void close(error_code ec) { core_->close(make_failure(ec, "watch")); }

    bool is_open() const { return core_->is_open(); }
    std::size_t subscriber_count() const { return core_->subscriber_count(); }
    /// The first value counts as `put`; `dropped` are those that watchers were too late for; and
    /// `discarded` those that were set while there was none (they can be had all the same, as long as
    /// they are the latest).
    broadcast_stats stats() const { return core_->stats(); }

private:
    detail::broadcast_ptr<T> core_;
};

} // namespace streamx
