#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/inlet.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/codec.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <memory>
#include <string_view>
#include <utility>

namespace streamx::nats::detail {

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

/// What the sources have in common: messages are taken out of an inlet, and `Derived::decode` puts what
/// items are in one into `ready_`.
template <class Derived, class T, class Codec, class Inlet>
class message_stream : public stream_interface<Derived> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const noexcept { return executor_; }

    poll<T> try_next() {
        while (ready_.empty()) {
            const auto m = inlet_->try_take();
            if (!m)
                return pending;
            static_cast<Derived*>(this)->decode(m);
        }
        auto next = std::move(ready_.front());
        ready_.pop_front();
        return next;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return inlet_.async_wait(std::forward<Token>(token));
    }

protected:
    message_stream(const connection& c, Codec codec, std::shared_ptr<Inlet> from)
        : executor_(c.get_executor()), codec_(std::move(codec)), inlet_(std::move(from)) {}

    /// Calls a function with each item of a payload.
    template <class F>
    void each_item(std::string_view payload, F f) {
        for (bool first = true; auto one = decode_next(codec_, payload, first); first = false)
            f(*std::move(one));
    }

    executor_type executor_;
    Codec codec_;
    inlet_handle<Inlet> inlet_;
    std::deque<T> ready_; // of one message
};

} // namespace streamx::nats::detail
