#pragma once

#include "frame.hpp"

#include <streamx/rsocket/payload.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace streamx::rsocket {

/// Which end of the connection.
enum class role { client, server };

struct engine_config {
    role side = role::client;
    std::size_t fragment = 32 * 1024;  ///< bytes of the largest frame that is sent
    std::size_t frame = 1024 * 1024;   ///< bytes of the largest frame that is received
    std::size_t message = 1024 * 1024; ///< bytes of the largest payload, put together again
    /// Bytes of payloads whose last fragment has not come, of all streams; one alone always fits.
    std::size_t unfinished = 4 * 1024 * 1024;
    std::size_t streams = 16 * 1024;    ///< that the peer may have open at a time
    std::size_t room = 64 * 1024;       ///< bytes encoded and not taken: then payloads wait
    std::uint32_t max_credit = max_31;  ///< of the peer's credit no more than this is kept a stream
    std::size_t retained = 1024 * 1024; ///< bytes kept to be sent again; then payloads wait
    bool resume = false;                ///< client: asks for it. Server: allows it
    bool lease = false;                 ///< client: asks for it. Server: allows it
    std::chrono::milliseconds interval{10'000};  ///< between two KEEPALIVE frames
    std::chrono::milliseconds lifetime{30'000};  ///< of a peer that says nothing
    std::chrono::milliseconds handshake{10'000}; ///< until the connection is established
    std::chrono::milliseconds keep{60'000};      ///< a session without a connection, to be resumed
    std::uint32_t last_stream = 0; ///< the last id that was given to a stream; 0: none yet
    std::string token;             ///< client: names the session to resume
    std::string metadata_mime, data_mime;
    payload setup;
};

} // namespace streamx::rsocket
