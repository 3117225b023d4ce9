#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/deliver_from.hpp>
#include <streamx/bridges/nats/detail/inlet.hpp>
#include <streamx/bridges/nats/detail/receipt.hpp>
#include <streamx/bridges/nats/ensure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace streamx::nats {

/// How a stream is read.
struct source_options {
    std::string stream;
    /// The name of the consumer, which remembers where it is: those who give the same name share the
    /// messages. Empty: an ordered consumer of this source's own, which starts anew where it was when
    /// anything goes wrong. It acknowledges nothing, and gives each message once and in order.
    std::string durable;
    /// Where a consumer begins. One that is there already goes on where it was, and if it began elsewhere
    /// all its settings stay as they are.
    nats::deliver_from deliver_from = nats::deliver_from::all();
    std::string filter_subject{};
    std::size_t capacity = 1024; ///< messages that wait here; so many are asked for at most
    std::size_t batch = 256;     ///< messages that are asked for with one request, at most
    std::chrono::nanoseconds ack_wait = std::chrono::seconds(30);
    std::int64_t max_deliver = -1;
    std::size_t max_ack_pending = 0; ///< 0: four times the capacity, and 4096 at least
    /// What must be there with the name `durable` already, made by `ensure_consumer` say, is used as it
    /// is, not made.
    bool consumer_exists = false;
    /// The server says so often that it is there. After two and a half times as long without a word
    /// the messages are asked for again.
    std::chrono::milliseconds heartbeat{1000};
    /// Tells the server of messages that wait here or are worked on, before `ack_wait` is over.
    bool auto_in_progress = false;
    /// Skips, and acknowledges, what this source has seen acknowledged: the last so many messages. 0:
    /// what comes again is given again.
    std::size_t deduplicate = 0;
    /// Told of a message that cannot be decoded, which is then given up (`term`) and skipped. Without it
    /// such a message fails the stream.
    std::function<void(const metadata&, std::exception_ptr)> on_undecodable{};
};

namespace detail {

/// Asks for messages, as many as there is room for.
using pull_inlet = inlet<std::shared_ptr<pulled_message>>;

std::shared_ptr<pull_inlet> open_pull(const link_ptr& l, source_options options);

/// Says how many items a message holds, before any of them is answered.
void expect_answers(pulled_message& m, std::size_t items);

} // namespace detail
} // namespace streamx::nats
