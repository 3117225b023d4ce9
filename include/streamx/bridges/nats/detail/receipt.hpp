#pragma once

#include <streamx/bridges/nats/detail/answer.hpp>
#include <streamx/bridges/nats/detail/message.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::nats {

/// What JetStream says of a message beside its payload.
struct metadata {
    std::string_view stream;
    std::string_view consumer;
    std::uint64_t sequence = 0;          ///< in the stream, from 1
    std::uint64_t consumer_sequence = 0; ///< of this delivery, in the consumer
    std::uint64_t delivered = 0;         ///< how often it was delivered, with this time
    std::uint64_t pending = 0;           ///< how many the consumer has still to deliver
    std::chrono::system_clock::time_point timestamp{}; ///< when it was stored
};

namespace detail {

/// Reads the subject that a message of JetStream is answered on.
metadata parse_metadata(std::string_view reply);

class pulled_message;

/// The duty to answer some messages, one normally. Destroyed unanswered it refuses them.
class receipt {
public:
    receipt() = default;
    explicit receipt(std::shared_ptr<pulled_message> m) { messages_.push_back(std::move(m)); }
    receipt(receipt&&) noexcept = default;
    receipt& operator=(receipt&& other) noexcept {
        std::swap(messages_, other.messages_);
        return *this;
    }
    ~receipt() { nak({}); }

    /// Others answer.
    void release() noexcept { messages_.clear(); }

    bool is_open() const noexcept { return !messages_.empty(); }
    void ack() noexcept;
    void ack(const answer_ptr<nothing>& done);
    void nak(std::chrono::nanoseconds delay) noexcept;
    void in_progress() noexcept;
    void term() noexcept;

private:
    std::vector<std::shared_ptr<pulled_message>> messages_;
};

const message& message_of(const pulled_message& m);
const metadata& metadata_of(const pulled_message& m);

} // namespace detail
} // namespace streamx::nats
