#pragma once

#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace streamx::testing {

/// A stream whose wait fails.
struct broken : stream_interface<broken> {
    using value_type = int;
    using executor_type = asio::any_io_executor;
    explicit broken(executor_type e) : ex(std::move(e)) {}
    executor_type get_executor() const noexcept { return ex; }
    poll<int> try_next() { return pending; }
    template <class Handler>
    void async_wait(Handler handler) {
        asio::post(ex, [h = std::move(handler)]() mutable { h(asio::error::connection_reset); });
    }
    executor_type ex;
};

} // namespace streamx::testing
