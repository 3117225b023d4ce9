#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx::nats::detail {

/// Where a source waits for what arrives, and takes it.
template <class Taken>
struct inlet {
    virtual ~inlet() = default;
    /// The next one, or an empty one if there is none. Throws once it has failed.
    virtual Taken try_take() = 0;
    /// Lets go of everything; nobody waits any more.
    virtual void stop() noexcept = 0;

    asio::any_io_executor executor;
    streamx::detail::gate<std::mutex> arrived;
};

/// Holds an inlet, and stops it at the end.
template <class Inlet>
class inlet_handle {
public:
    explicit inlet_handle(std::shared_ptr<Inlet> i) noexcept : inlet_(std::move(i)) {}
    inlet_handle(inlet_handle&&) noexcept = default;
    inlet_handle& operator=(inlet_handle&&) = delete;
    ~inlet_handle() {
        if (inlet_)
            inlet_->stop();
    }

    Inlet* operator->() const noexcept { return inlet_.get(); }
    asio::any_io_executor executor() const noexcept { return inlet_->executor; }

    template <class Token>
    auto async_wait(Token&& token) const {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{inlet_}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            streamx::detail::async_wait_on(
                std::shared_ptr<streamx::detail::gate<std::mutex>>(inlet, &inlet->arrived),
                inlet->executor,
                std::move(handler));
        }
        std::shared_ptr<Inlet> inlet;
    };

    std::shared_ptr<Inlet> inlet_;
};

} // namespace streamx::nats::detail
