#include <streamx/core/end_reason.hpp>
#include <streamx/lifetime/detail/scope_state.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx::detail {

void cancel(const child_ptr& child) {
    child->cancelled = true;
    post_to(child->executor, std::allocator<void>(), [child] {
        child->signal.emit(asio::cancellation_type::terminal);
    });
}

void scope_state::enter(const child_ptr& child) {
    std::lock_guard lock(mutex_);
    children_.insert(child);
    if (cancelled_)
        cancel(child);
}

void scope_state::leave(const child_ptr& child) noexcept {
    {
        std::lock_guard lock(mutex_);
        children_.erase(child);
        if (!children_.empty())
            return;
    }
    wake();
}

void scope_state::fail(std::exception_ptr failure) noexcept {
    if (to_end_reason(failure) != end_reason::failed)
        return;
    std::lock_guard lock(mutex_);
    if (!failure_)
        failure_ = std::move(failure);
}

void scope_state::cancel_all() {
    stop.request_stop();
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (const auto& child : children_)
        cancel(child);
}

bool scope_state::empty() const {
    std::lock_guard lock(mutex_);
    return children_.empty();
}

std::exception_ptr scope_state::take_failure() noexcept {
    std::lock_guard lock(mutex_);
    return std::exchange(failure_, nullptr);
}

poll<children_stream::value_type> children_stream::try_next() {
    if (state_->empty()) {
        if (auto failure = state_->take_failure())
            std::rethrow_exception(std::move(failure));
        return end;
    }
    if (until_ != clock::time_point::max() && state_->now() >= until_) {
        until_ = clock::time_point::max();
        state_->cancel_all();
    }
    return pending;
}

} // namespace streamx::detail
