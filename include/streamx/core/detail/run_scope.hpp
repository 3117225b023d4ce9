#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace streamx::detail {

/// One stretch of a driver's loop on this thread. In it a channel may let waiting senders in by the
/// batch rather than one by one, as its receiver will be asked again at once; the channels that do
/// are noted here and let in the rest at the end of the stretch, after which nobody may ask again.
class run_scope {
public:
    run_scope() noexcept : outer_(current_) {
        current_ = this;
        if (++serials_ == none)
            ++serials_;
        serial_ = serials_;
    }
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;
    ~run_scope() {
        current_ = outer_;
        for (std::size_t i = 0; i != count_; ++i)
            noted_[i].settle(noted_[i].channel);
    }

    using serial = std::uint32_t;
    static constexpr serial none = 0;

    /// The stretch that this thread is in.
    static serial current() noexcept { return current_ ? current_->serial_ : none; }

    /// Has `settle(channel)` called at the end of this stretch. Gives its name, or `none` if there
    /// is no stretch or it has noted as many as it can: then nothing may be put off. Takes a hold
    /// on the channel, which `settle` has to let go.
    template <class Channel>
    static serial note(Channel* channel) noexcept {
        if (!current_ || current_->count_ == current_->noted_.size())
            return none;
        intrusive_ptr_add_ref(channel);
        current_->noted_[current_->count_++] = {channel, [](void* c) noexcept {
                                                    static_cast<Channel*>(c)->settle();
                                                    intrusive_ptr_release(static_cast<Channel*>(c));
                                                }};
        return current_->serial_;
    }

private:
    struct entry {
        void* channel;
        void (*settle)(void*) noexcept;
    };

    static inline constinit thread_local run_scope* current_ = nullptr;
    static inline constinit thread_local serial serials_ = none;

    run_scope* outer_;
    serial serial_;
    std::size_t count_ = 0;
    std::array<entry, 16> noted_;
};

} // namespace streamx::detail
