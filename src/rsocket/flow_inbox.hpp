#pragma once

#include "byte_window.hpp"
#include "item_queue.hpp"

#include <streamx/core/poll.hpp>
#include <streamx/rsocket/payload_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace streamx::rsocket {

class flow;

/// The items of one stream from the peer, on their way to the consumer.
class flow_inbox final : public detail::inbox {
public:
    flow_inbox(
        asio::any_io_executor ex,
        std::uint32_t window,
        std::unique_ptr<byte_window> bytes = nullptr);

    /// How many items to ask for in the beginning.
    std::uint32_t first_credit() noexcept { return bytes_ ? bytes_->first() : window_; }

    poll<payload> try_next() override;
    void abandon() noexcept override;

    /// True if the consumer is to be woken.
    bool put(payload&& item);
    bool put(const item_run& items);
    bool close(std::exception_ptr failure = nullptr);
    /// Ends it and wakes the consumer.
    void finish(std::exception_ptr failure = nullptr) {
        if (close(std::move(failure)))
            ready->wake();
    }

    std::weak_ptr<flow> from;

private:
    [[gnu::noinline]] poll<payload> without_item() const;
    [[gnu::noinline]] poll<payload> take_and_ask();
    void ask_for(std::uint32_t n);

    item_queue items_;
    std::exception_ptr failure_;
    std::unique_ptr<byte_window> bytes_; // if there is a bound in bytes
    std::uint32_t window_;
    std::uint32_t top_up_; // ask for more when so many were taken
    std::uint32_t taken_ = 0;
    bool over_ = false;
};

} // namespace streamx::rsocket
