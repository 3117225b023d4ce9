#pragma once

#include "answering.hpp"

#include <streamx/bridges/nats/detail/receipt.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::nats::detail {

/// A message that was pulled, of which each item has to be answered.
class pulled_message {
public:
    pulled_message(std::shared_ptr<answering> to, message m);
    pulled_message(const pulled_message&) = delete;
    pulled_message& operator=(const pulled_message&) = delete;
    ~pulled_message() { to_->release(this); }

    message what;
    metadata facts;

    void expect(std::size_t items) noexcept { left_ = items; }
    /// One item less; the last acknowledges.
    void ack() noexcept;
    void ack(const answer_ptr<nothing>& done);
    void answer(std::string_view how) noexcept; ///< for good
    void refuse(std::string how) noexcept;
    void in_progress() noexcept;
    const asio::any_io_executor& executor() const noexcept { return to_->executor(); }

private:
    std::shared_ptr<answering> to_;
    std::atomic<std::size_t> left_ = 1;
    std::atomic<bool> answered_ = false;
};

} // namespace streamx::nats::detail
