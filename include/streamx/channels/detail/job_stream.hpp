#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// What runs for a stream, beside its consumer. It keeps itself alive; the stream holds it weakly.
template <class T, class Fn>
struct job {
    Fn fn;
    sender<T> out;
    asio::cancellation_signal cancel;
};

/// Base of a stream whose items are sent into a channel by something that runs on an executor of its
/// own, by default the stream's: `Derived::start(std::shared_ptr<job<T, Fn>>)` sets it going.
template <class Derived, class T, class Fn>
class job_stream : public stream_interface<Derived> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    job_stream(job_stream&&) = default;
    job_stream& operator=(job_stream other) noexcept {
        stream_interface<Derived>::operator=(other);
        std::swap(rx_, other.rx_);
        home_.swap(other.home_);
        idle_.swap(other.idle_);
        running_.swap(other.running_);
        return *this;
    }
    ~job_stream() { stop(); }

    executor_type get_executor() const noexcept { return rx_.get_executor(); }

    poll<T> try_next() {
        start();
        return rx_.try_next();
    }

    template <class Take>
    [[gnu::always_inline]] halt each_ready(Take&& take) {
        start();
        return detail::each_ready(rx_, take);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        start();
        return rx_.async_wait(std::forward<Token>(token));
    }

protected:
    job_stream(const asio::any_io_executor& ex, std::size_t capacity, Fn fn)
        : job_stream(ex, make_channel<T>(ex, capacity), std::move(fn)) {}
    job_stream(asio::any_io_executor home, channel_ends<T, std::mutex> ends, Fn fn)
        : rx_(std::move(ends.rx)), home_(std::move(home)),
          idle_(std::make_unique<job<T, Fn>>(std::move(fn), std::move(ends.tx))) {}

private:
    /// It starts with the first pull: a stream that nobody asks does nothing.
    void start() {
        if (!idle_)
            return;
        std::shared_ptr<job<T, Fn>> j = std::move(idle_);
        running_ = j;
        Derived::start(std::move(j));
    }

    /// Cancels what nobody listens to any more, on its own executor.
    void stop() noexcept {
        if (auto j = running_.lock())
            post_to(home_, std::allocator<void>(), [j = std::move(j)] {
                j->cancel.emit(asio::cancellation_type::terminal);
            });
    }

    receiver<T> rx_;
    asio::any_io_executor home_; // where the job runs
    std::unique_ptr<job<T, Fn>> idle_;
    std::weak_ptr<job<T, Fn>> running_;
};

} // namespace streamx::detail
