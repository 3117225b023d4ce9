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
    endpoint(endpoint&&) noexcept = default;
    endpoint& operator=(endpoint&&) noexcept = default;

    explicit operator bool() const noexcept { return core_ != nullptr; }
    core_type* operator->() const noexcept { return core_.get(); }
    const core_ptr<T, Lock>& core() const noexcept { return core_; }
    std::uint32_t id() const noexcept { return id_; }

    asio::any_io_executor get_executor() const noexcept {
        if (executor_)
            return *executor_;
        return core_ ? core_->executor() : asio::any_io_executor();
    }

    /// Only an executor that is not the channel's takes any memory.
    void set_executor(const asio::any_io_executor& ex) {
        executor_ = ex == core_->executor() ? nullptr : std::make_unique<asio::any_io_executor>(ex);
    }

    waiter_ptr<T, Lock> new_waiter() const {
        return waiter_ptr<T, Lock>(new waiter<T, Lock>(core_, id_));
    }

    /// The waiter that is kept for use, made when it is first needed.
    const waiter_ptr<T, Lock>& kept_waiter() {
        if (!kept_)
            kept_ = new_waiter();
        return kept_;
    }

    /// One that no operation uses: the kept one, if it is free.
    const waiter_ptr<T, Lock>& free_waiter() {
        if (!kept_ || kept_->holders != 1)
            kept_ = new_waiter();
        kept_->accepted = false;
        return kept_;
    }

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
