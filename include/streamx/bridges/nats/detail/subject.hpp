#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/answer.hpp>
#include <streamx/bridges/nats/detail/inlet.hpp>
#include <streamx/bridges/nats/detail/message.hpp>
#include <streamx/channels/overflow.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::nats {

/// How the messages of a subject are taken.
struct subject_options {
    std::string subject; ///< may have wildcards: `orders.*`, `orders.>`
    /// Those who give the same name share the messages.
    std::string queue{};
    std::size_t capacity = 8192; ///< messages that wait here, at most
    /// What becomes of a message for which there is no room: the publisher knows nothing of it, so it
    /// cannot wait. `fail`: the stream fails with `errc::slow_consumer`, behind what had found room.
    overflow when_full = overflow::fail;
    /// Told of each message that is left out, with their number so far; on the connection's executor.
    /// It must not throw.
    std::function<void(std::uint64_t)> on_dropped{};
};

struct subject_stats {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0; ///< of these: there was no room
    std::size_t waiting = 0;
};

/// How messages are published without JetStream.
struct publish_options {
    std::string subject;
    /// No more is taken while so many bytes have not left.
    std::size_t buffered_bytes = 1024 * 1024;
};

namespace detail {

/// Keeps the messages of a subject until they are taken.
struct subject_inlet : inlet<message> {
    virtual subject_stats stats() const = 0;
};

std::shared_ptr<subject_inlet> open_subject(const link_ptr& l, subject_options options);

/// Publishes, as far as the connection has room.
struct subject_outlet {
    virtual ~subject_outlet() = default;

    /// False: there is no room. Throws once the connection is closed, or what it refuses.
    virtual bool try_publish(std::string_view payload) = 0;
    virtual bool has_room() const = 0;
    virtual void wait_for_room(const answer_ptr<nothing>& done) = 0;
    /// Completed when the server has all that was published before.
    virtual void flush(const answer_ptr<nothing>& done) = 0;
};

std::shared_ptr<subject_outlet> open_outlet(const link_ptr& l, publish_options options);

} // namespace detail
} // namespace streamx::nats
