#pragma once

#include <streamx/channels/detail/channel_core.hpp>
#include <streamx/channels/detail/operations.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace streamx::detail {

/// What the two ends of a channel have in common: the channel, the name that their operations wait
/// under, an executor, and a waiter to use again.
template <class T, class Lock>
class endpoint {
public:
    using core_type = channel_core<T, Lock>;

    endpoint(core_ptr<T, Lock> core, const asio::any_io_executor& ex, std::uint32_t id)
        : core_(std::move(core)), id_(id) {
        set_executor(ex);
    }
    endpoint(const endpoint& other, std::uint32_t id) : core_(other.core_), id_(id) {
        if (other.executor_)
            executor_ = std::make_unique<asio::any_io_executor>(*other.executor_);
    }
    /// What is moved from keeps to the channel, but only for its executor: it is no end of it any
    /// more.
    endpoint(endpoint&& other) noexcept
        : core_(other.core_), kept_(std::move(other.kept_)), executor_(std::move(other.executor_)),
          id_(std::exchange(other.id_, 0)) {}
    endpoint& operator=(endpoint&& other) noexcept {
        core_ = other.core_;
        kept_ = std::move(other.kept_);
        executor_ = std::move(other.executor_);
        id_ = std::exchange(other.id_, 0);
        return *this;
    }

    explicit operator bool() const noexcept { return id_ != 0; }
    core_type* operator->() const noexcept { return core_.get(); }
    const core_ptr<T, Lock>& core() const noexcept { return core_; }
    std::uint32_t id() const noexcept { return id_; }

    asio::any_io_executor get_executor() const noexcept {
        return executor_ ? *executor_ : core_->executor();
    }

    /// Only an executor that is not the channel's takes any memory.
    void set_executor(const asio::any_io_executor& ex) {
        executor_ = ex == core_->executor() ? nullptr : std::make_unique<asio::any_io_executor>(ex);
    }

    waiter_ptr<T, Lock> new_waiter() const {
        return waiter_ptr<T, Lock>(new waiter<T, Lock>(core_, id_));
    }

    /// A waiter that no operation uses: the kept one, if it is free.
    const waiter_ptr<T, Lock>& free_waiter() {
        if (!kept_ || kept_->holders != 1)
            kept_ = new_waiter();
        kept_->what = wants::item;
        kept_->accepted = false;
        return kept_;
    }

    /// Whether the last operation that had the kept waiter still waits.
    bool is_waiting() const { return kept_ && kept_->holders != 1 && core_->is_queued(*kept_); }

    template <class Handler, class Complete = complete_with_error>
    void park(
        const waiter_ptr<T, Lock>& w,
        bool queued,
        error_code now,
        Handler handler,
        Complete complete = {}) const {
        detail::park(w, queued, now, std::move(handler), get_executor(), std::move(complete));
    }

    template <class Handler>
    void wait_closed(Handler handler) const {
        const auto w = new_waiter();
        const bool queued = core_->queue_for_close(w);
        park(w, queued, {}, std::move(handler));
    }

private:
    core_ptr<T, Lock> core_;
    waiter_ptr<T, Lock> kept_;
    std::unique_ptr<asio::any_io_executor> executor_;
    std::uint32_t id_;
};

} // namespace streamx::detail
