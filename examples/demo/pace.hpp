#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace demo {

/// Stands for the work of a slow system: so many records a second, without using a processor.
class pace {
public:
    explicit pace(const boost::asio::any_io_executor& ex) : timer_(ex) {}

    boost::asio::awaitable<void> work_on(std::size_t records, double a_second) {
        using namespace std::chrono;
        const auto now = steady_clock::now();
        const duration<double> needed(static_cast<double>(records) / a_second);
        due_ = std::max(due_, now - milliseconds(5)) + duration_cast<nanoseconds>(needed);
        if (due_ > now) {
            timer_.expires_at(due_);
            co_await timer_.async_wait(boost::asio::use_awaitable);
        }
    }

private:
    boost::asio::steady_timer timer_;
    std::chrono::steady_clock::time_point due_;
};

} // namespace demo
