#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/deliver_from.hpp>
#include <streamx/bridges/nats/detail/answer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace streamx::nats {

enum class storage { file, memory };
enum class retention { limits, interest, work_queue };
enum class discard { oldest, newest };

/// What a JetStream stream is to be; -1 and 0 s: without limit.
struct stream_config {
    std::string name;
    std::vector<std::string> subjects{};
    nats::storage storage = nats::storage::file;
    nats::retention retention = nats::retention::limits;
    nats::discard discard = nats::discard::oldest;
    unsigned replicas = 1;
    std::int64_t max_messages = -1;
    std::int64_t max_bytes = -1;
    std::chrono::nanoseconds max_age{0};
    std::int32_t max_message_size = -1;
    /// How long a message with the same id counts as the same.
    std::chrono::nanoseconds duplicate_window = std::chrono::minutes(2);
};

/// What a durable pull consumer is to be.
struct consumer_config {
    std::string stream;
    std::string durable;
    nats::deliver_from deliver_from = nats::deliver_from::all();
    std::string filter_subject{};
    std::chrono::nanoseconds ack_wait = std::chrono::seconds(30);
    std::int64_t max_deliver = -1; ///< how often a message is tried; -1: without end
    std::vector<std::chrono::nanoseconds> backoff{}; ///< in place of `ack_wait`, one after another
    /// How many may be delivered and not answered, with all who pull from it.
    std::size_t max_ack_pending = 4096;
};

namespace detail {
void ensure(
    const link_ptr& l,
    const stream_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done);
void ensure(
    const link_ptr& l,
    const consumer_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done);

template <class Config, class Token>
auto async_ensure(
    const connection& c, Config config, std::chrono::milliseconds timeout, Token&& token) {
    return async_answer<nothing>(
        c.get_executor(),
        [link = c.link(), config = std::move(config), timeout](const answer_ptr<nothing>& done) {
            ensure(link, config, timeout, done);
        },
        std::forward<Token>(token));
}
} // namespace detail

/// How long `ensure_stream` and `ensure_consumer` try.
inline constexpr std::chrono::milliseconds ensure_timeout{15000};

/// Sees to it that a stream is there and as `config` says: creates it, or changes the one that is
/// there. While a cluster has no leader it is asked again.
/// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
///            never inside this call
/// @errors  those of `jetstream_category`: the stream cannot be changed to that, there are too few
///          servers for its replicas; `errc::invalid_name`; `errc::no_responders`: JetStream is not
///          enabled; `asio::error::timed_out`; `errc::connection_closed`
/// @cancels total, partial, terminal; what the server was asked it does
/// @threads any
template <class Token>
auto ensure_stream(const connection& c, stream_config config, Token&& token) {
    return detail::async_ensure(c, std::move(config), ensure_timeout, std::forward<Token>(token));
}

/// The same for a durable pull consumer with explicit acknowledgements.
/// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
///            never inside this call
/// @errors  as `ensure_stream`; where a consumer begins cannot be changed
/// @cancels total, partial, terminal; what the server was asked it does
/// @threads any
template <class Token>
auto ensure_consumer(const connection& c, consumer_config config, Token&& token) {
    return detail::async_ensure(c, std::move(config), ensure_timeout, std::forward<Token>(token));
}

} // namespace streamx::nats
