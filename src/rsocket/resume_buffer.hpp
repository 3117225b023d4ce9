#pragma once

#include "frame.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamx::rsocket {

/// "Implied Position": how far each side has come, and the frames that the peer has not confirmed, to be
/// sent again on the next connection.
class resume_buffer {
public:
    void received(std::size_t bytes) noexcept { received_ += bytes; }
    std::uint64_t received() const noexcept { return received_; }

    /// A frame that counts was sent, and needs not be kept.
    void sent(std::size_t bytes) noexcept { first_ = sent_ += bytes; }
    /// A frame that counts, behind its length, to be kept.
    void keep(std::string_view frame) {
        frames_.append(frame);
        sent_ += frame.size() - length_size;
    }

    /// The position of the first frame that is kept.
    std::uint64_t first() const noexcept { return first_; }
    std::size_t bytes() const noexcept { return static_cast<std::size_t>(sent_ - first_); }
    /// What is kept, each frame behind its length.
    std::string_view frames() const noexcept {
        return std::string_view(frames_).substr(confirmed_);
    }

    /// The peer has everything up to there. False if that is no position it can have.
    bool acknowledge(std::uint64_t position) noexcept;
    void clear() noexcept;

private:
    std::uint64_t received_ = 0, sent_ = 0, first_ = 0;
    std::string frames_;
    std::size_t confirmed_ = 0; // of `frames_`, and not taken off yet
};

} // namespace streamx::rsocket
