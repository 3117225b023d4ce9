#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <chrono>
#include <memory>

namespace streamx {

/// The clock of an execution context: all that this library does in time goes by it. It is the
/// steady clock, unless a test puts a `testing::virtual_clock` in its place.
class clock_service final : public asio::execution_context::service {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;
    using key_type = clock_service;
    inline static asio::execution_context::id id;

    explicit clock_service(asio::execution_context& context)
        : asio::execution_context::service(context),
          clock_(std::make_shared<detail::clock>(context)) {}

    /// That of a context, or of an executor's context.
    static clock_service& of(asio::execution_context& context) {
        return asio::use_service<clock_service>(context);
    }
    template <class Executor>
        requires requires(const Executor& ex) { asio::query(ex, asio::execution::context); }
    static clock_service& of(const Executor& ex) {
        return of(asio::query(ex, asio::execution::context));
    }

    /// May be called from any thread.
    time_point now() const noexcept { return clock_->now(); }

private:
    friend class detail::clock;
    void shutdown() override { clock_->shutdown(); }

    std::shared_ptr<detail::clock> clock_; // timers may outlive the context
};

} // namespace streamx
