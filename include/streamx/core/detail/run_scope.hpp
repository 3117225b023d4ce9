#pragma once

#include <array>
#include <cstddef>

namespace streamx::detail {

/// One stretch of a driver's loop on this thread. In it a channel may let waiting senders in by the
/// batch rather than one by one, as its receiver will be asked again at once; the channels that do
/// are noted here and let in the rest at the end of the stretch, after which nobody may ask again.
class run_scope {
public:
    run_scope() noexcept : outer_(current_) { current_ = this; }
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;
    ~run_scope() {
        current_ = outer_;
        for (std::size_t i = 0; i != count_; ++i)
            noted_[i].settle(noted_[i].channel);
    }

    /// Has `channel->settle()` called at the end of the stretch that this thread is in, and keeps the
    /// channel alive until then. False if there is no stretch, or it has noted as many as it can: then
    /// nothing may be put off.
    template <class Channel>
    static bool note(Channel* channel) noexcept {
        if (!current_ || current_->count_ == current_->noted_.size())
            return false;
        intrusive_ptr_add_ref(channel);
        current_->noted_[current_->count_++] = {channel, [](void* c) noexcept {
                                                    static_cast<Channel*>(c)->settle();
                                                    intrusive_ptr_release(static_cast<Channel*>(c));
                                                }};
        return true;
    }

private:
    struct entry {
        void* channel;
        void (*settle)(void*) noexcept;
    };

    static inline constinit thread_local run_scope* current_ = nullptr;

    run_scope* outer_;
    std::size_t count_ = 0;
    std::array<entry, 16> noted_;
};

} // namespace streamx::detail
