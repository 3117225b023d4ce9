#pragma once

#include <streamx/bridges/nats/detail/message.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::nats::detail {

/// Where a source waits for what arrives.
struct inlet {
    virtual ~inlet() = default;
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

/// Takes the next item out of a payload; nothing when there is none left. What is left behind the last
/// is an item if the codec makes one of it, and otherwise an error.
template <class Codec>
auto decode_next(Codec& codec, std::string_view& rest, bool first) {
    if (rest.empty() && !first)
        return decltype(codec.decode(rest))();
    auto item = codec.decode(rest);
    if (!item && !rest.empty()) {
        if constexpr (requires { codec.decode_end(rest); })
            item = codec.decode_end(rest);
        if (!item && !rest.empty())
            io::throw_codec_error(
                streamx::errc::truncated, "nats: the payload ends within an item");
    }
    return item;
}

} // namespace streamx::nats::detail
