#pragma once

#include <streamx/core/detail/one_thread.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/error.hpp>

namespace streamx::detail {

/// Handlers that are woken together. As long as the process has one thread, those of one `io_context`
/// that come one after the other share a post: no other could run any of them meanwhile, and most of
/// what it costs to wake one is the post.
class wake_batch {
public:
    wake_batch() = default;
    wake_batch(const wake_batch&) = delete;
    wake_batch& operator=(const wake_batch&) = delete;
    ~wake_batch() { post(); }

    void complete(parked* p, const error_code& ec) {
        const auto* queue = one_thread() ? p->queue() : nullptr;
        if (!queue) {
            post(); // in the order in which they are woken
            return p->complete(ec);
        }
        if (queue != queue_ || size_ == most)
            post();
        p->result_ = ec;
        (first_ ? last_->next_ : first_) = p;
        last_ = p;
        queue_ = queue;
        ++size_;
    }

private:
    static constexpr unsigned most = 32; // what else is to run waits for as long as these do

    void post() {
        if (auto* first = std::exchange(first_, nullptr))
            first->complete(first->result_);
        size_ = 0;
    }

    parked* first_ = nullptr;
    parked* last_ = nullptr;
    const void* queue_ = nullptr;
    unsigned size_ = 0;
};

} // namespace streamx::detail
