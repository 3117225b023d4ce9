#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <cstddef>
#include <mutex>

namespace streamx::detail {

/// How much of something is going on, and while it is, outstanding work for an executor.
class work_count {
public:
    void begin(const asio::any_io_executor& ex) {
        std::lock_guard lock(mutex_);
        if (++count_ == 1)
            work_ = asio::prefer(ex, asio::execution::outstanding_work.tracked);
    }
    void end() {
        asio::any_io_executor last; // let go of without the lock
        std::lock_guard lock(mutex_);
        if (--count_ == 0)
            last.swap(work_);
    }
    bool any() const {
        std::lock_guard lock(mutex_);
        return count_ != 0;
    }

private:
    mutable std::mutex mutex_;
    std::size_t count_ = 0;
    asio::any_io_executor work_;
};

} // namespace streamx::detail
