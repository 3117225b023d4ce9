#pragma once

#include "frame.hpp"

#include <streamx/rsocket/payload.hpp>

#include <cstddef>
#include <cstdint>

namespace streamx::rsocket {

/// "Fragmentation And Reassembly": a request or item on its way out, a frame at a time.
struct fragmented {
    frame_type type; ///< of its next frame: PAYLOAD, but for the first of a request
    payload message;
    bool complete;
    std::uint32_t n;
    std::size_t sent = 0; ///< of metadata and data together

    std::size_t size() const noexcept {
        return message.data.size() + (message.metadata ? message.metadata->size() : 0);
    }
    /// The next frame, of at most `limit` bytes: the metadata completely before the data. Its strings
    /// are views of `message`.
    frame next(std::uint32_t stream, std::size_t limit);
    bool done() const noexcept { return sent == size(); }
};

/// Adds a fragment to what has come of a message; false if that gets larger than `limit`.
bool collect(payload& into, const frame& f, std::size_t limit);

} // namespace streamx::rsocket
