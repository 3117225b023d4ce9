#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/channels/receiver.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// One of several streams that share an upstream, whose items a pump puts into their channels. The
/// first pull of any sets the pump going; when all are gone it stops and upstream is let go of.
///
/// Thread safety: different outlets may be used from different threads, one outlet from one thread
/// at a time.
template <class T>
class [[nodiscard]] outlet : public stream_interface<outlet<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    outlet(receiver<T> rx, std::shared_ptr<pump_base> pump)
        : rx_(std::move(rx)), pump_(std::move(pump)) {}
    outlet(outlet&&) noexcept = default;
    outlet& operator=(outlet&&) noexcept = default;

    executor_type get_executor() const noexcept { return rx_.get_executor(); }

    poll<T> try_next() {
        start();
        return rx_.try_next();
    }

    template <class Take>
    halt each_ready(Take&& take) {
        start();
        return rx_.each_ready(take);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        start();
        return rx_.async_wait(std::forward<Token>(token));
    }

    /// How many items are there now.
    std::size_t size() const { return rx_.size(); }

    /// Of the channel that its items come through.
    channel_stats stats() const { return rx_.stats(); }

private:
    void start() {
        if (pump_)
            pump_->start();
    }

    receiver<T> rx_;
    std::shared_ptr<pump_base> pump_;
};

} // namespace streamx::detail
