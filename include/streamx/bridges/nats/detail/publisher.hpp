#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/answer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::nats {

enum class publish_order {
    throughput, ///< after a fault later messages may be stored before earlier ones
    ordered     ///< never; valid only for the one publisher of a stream
};

enum class complete_on { acknowledgement, acceptance };

/// How messages are published.
struct sink_options {
    std::string subject;
    publish_order order = publish_order::throughput;
    std::size_t window = 4096; ///< messages that are not acknowledged, at most
    /// With so many bytes in them, or more, no other is taken.
    std::size_t window_bytes = 8 * 1024 * 1024;
    std::size_t items_per_message = 1;
    std::size_t message_bytes = 64 * 1024; ///< from so many bytes on a message is full
    /// How long a message that is not full waits for more items.
    std::chrono::milliseconds linger{2};
    /// Of the ids by which the server knows a message that comes again: `prefix:n`. It must be another
    /// for each publisher. Empty: one that is made up. A publisher that goes on after a crash gives the
    /// same prefix and the number it was at.
    std::string id_prefix{};
    std::uint64_t first_id = 1;
    /// In ordered mode: the id of the last message in the stream, if it is known.
    std::string expected_last_id{};
    std::chrono::milliseconds ack_timeout{2000}; ///< then what is not acknowledged is sent again
    std::chrono::milliseconds give_up{60000};    ///< a message's time, then the sink fails
    complete_on completes = complete_on::acknowledgement; ///< of `async_send`
};

struct sink_stats {
    std::uint64_t accepted = 0;     ///< messages
    std::uint64_t acknowledged = 0; ///< of these
    std::uint64_t duplicates = 0;   ///< of these: the server had them already
    std::uint64_t resent = 0;
    std::size_t in_flight = 0;
    std::size_t in_flight_bytes = 0;
    std::uint64_t last_sequence = 0; ///< in the stream, of the last that was acknowledged
};

namespace detail {

/// Publishes messages and sees to it that each is acknowledged. Lives on until that is so, or it fails.
struct publisher {
    virtual ~publisher() = default;

    virtual asio::any_io_executor executor() const = 0;
    virtual bool has_room() const = 0;
    /// Bytes that a message can have.
    virtual std::size_t max_payload() const = 0;
    /// Without a lock: it is asked for each item.
    bool has_failed() const noexcept { return has_failed_; }
    /// To be called while there is room.
    virtual void publish(std::string payload) = 0;
    /// Completed when all that was published before, and `filling` one more, is acknowledged, or the
    /// publisher fails.
    virtual void flush(const answer_ptr<nothing>& done, bool filling = false) = 0;
    /// Calls back, on the executor, when all that was published before, and `filling` one more, is
    /// acknowledged or the publisher has failed.
    virtual void when_stored(std::function<void(error_code)> then, bool filling) = 0;
    /// Woken when there is room again, or it has failed.
    virtual void wait_for_room(const answer_ptr<nothing>& done) = 0;
    virtual sink_stats stats() const = 0;
    /// Calls back once, after this time; `fn` holds its owner weakly.
    virtual void linger(std::chrono::milliseconds time, std::function<void()> fn) = 0;

protected:
    std::atomic<bool> has_failed_ = false;
};

std::shared_ptr<publisher> open_publisher(const link_ptr& l, const sink_options& options);

} // namespace detail
} // namespace streamx::nats
