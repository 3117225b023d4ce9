#pragma once

#include <streamx/bridges/nats/connection.hpp>

#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace streamx::nats::detail {

/// The threads on which the client library may block, each for one job, and the links of a context.
/// When the context goes they are closed, and the threads joined.
class blocking_jobs final : public asio::execution_context::service {
public:
    using key_type = blocking_jobs;
    inline static asio::execution_context::id id;
    explicit blocking_jobs(asio::execution_context& c) : asio::execution_context::service(c) {}

    void run(std::function<void()> job);
    void add(const link_ptr& l);
    void shutdown() override;

private:
    struct worker {
        std::thread thread;
        std::atomic<bool> done = false;
    };
    std::mutex mutex_;
    bool down_ = false;
    std::list<worker> workers_;
    std::vector<std::weak_ptr<link>> links_;
};

} // namespace streamx::nats::detail
