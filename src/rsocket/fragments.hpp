#pragma once

#include "frame.hpp"

#include <streamx/rsocket/payload.hpp>

#include <cstddef>
#include <cstdint>

namespace streamx::rsocket {

inline std::size_t size_of(const payload& p) noexcept {
    return p.data.size() + (p.metadata ? p.metadata->size() : 0);
}

/// "Fragmentation And Reassembly": a request or item on its way out, a frame at a time.
struct fragmented {
    frame_type type; ///< of its next frame: PAYLOAD, but for the first of a request
    payload message;
    bool complete;
    std::uint32_t n;
    std::size_t sent = 0; ///< of metadata and data together

    std::size_t size() const noexcept { return size_of(message); }
    /// The next frame, of at most `limit` bytes: the metadata completely before the data. Its strings
    /// are views of `message`.
    frame next(std::uint32_t stream, std::size_t limit);
    bool done() const noexcept { return sent == size(); }
};

/// Adds a fragment to what has come of a message; false if that gets larger than `limit`.
bool collect(payload& into, const frame& f, std::size_t limit);

} // namespace streamx::rsocket
