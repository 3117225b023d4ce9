#include "resume_buffer.hpp"

namespace streamx::rsocket {

bool resume_buffer::acknowledge(std::uint64_t position) noexcept {
    if (position < first_ || position > sent_)
        return false;
    auto rest = frames();
    while (const auto frame = next_frame(rest, max_frame_size)) {
        if (first_ + frame->size() > position)
            break;
        first_ += frame->size();
        confirmed_ = frames_.size() - rest.size();
    }
    if (confirmed_ == frames_.size() || confirmed_ > frames_.size() / 2) {
        frames_.erase(0, confirmed_);
        confirmed_ = 0;
    }
    return first_ == position;
}

void resume_buffer::clear() noexcept {
    first_ = sent_;
    frames_ = {};
    confirmed_ = 0;
}

} // namespace streamx::rsocket
