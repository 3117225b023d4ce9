#pragma once

#include <streamx/bridges/nats/detail/answer.hpp>
#include <streamx/bridges/nats/detail/message.hpp>

#include <boost/asio/any_io_executor.hpp>

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
    explicit receipt(std::shared_ptr<pulled_message> m) noexcept
        : last_(std::move(m)), open_(true) {}
    receipt(receipt&& other) noexcept
        : last_(std::move(other.last_)), before_(std::move(other.before_)),
          open_(std::exchange(other.open_, false)) {}
    receipt& operator=(receipt&& other) noexcept {
        last_.swap(other.last_);
        before_.swap(other.before_);
        std::swap(open_, other.open_);
        return *this;
    }
    ~receipt() {
        if (open_)
            nak({});
    }

    /// The message, or the last of them; also when it has been answered.
    const pulled_message& last() const noexcept { return *last_; }

    /// Answers for what another was to answer, too.
    void add(receipt&& other);
    /// Hands on the duty, but not the knowledge of the message.
    receipt hand_on();
    /// Others answer.
    void release() noexcept { open_ = false; }

    bool is_open() const noexcept { return open_; }
    void ack() noexcept;
    void ack(const answer_ptr<nothing>& done);
    void nak(std::chrono::nanoseconds delay) noexcept;
    void in_progress() noexcept;
    void term() noexcept;

private:
    template <class F>
    void answer(F f) noexcept;

    std::shared_ptr<pulled_message> last_;
    std::vector<std::shared_ptr<pulled_message>> before_; // if there are more than one
    bool open_ = false;
};

const message& message_of(const pulled_message& m);
const metadata& metadata_of(const pulled_message& m);
asio::any_io_executor executor_of(const pulled_message& m);

} // namespace detail
} // namespace streamx::nats
