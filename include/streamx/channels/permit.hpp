#pragma once

#include <streamx/channels/detail/channel_core.hpp>

#include <cstdint>
#include <mutex>
#include <utility>

namespace streamx {

/// One slot of a channel, kept for one item: what `async_reserve` gives. It costs exactly that
/// slot; other senders go on. A permit keeps the channel from ending, like a sender. Not used, it
/// gives the slot back when it is destroyed.
template <class T, class Lock = std::mutex>
class [[nodiscard]] permit {
public:
    permit() = default;
    permit(permit&& other) noexcept = default;
    permit& operator=(permit&& other) noexcept {
        permit(std::move(other)).swap(*this);
        return *this;
    }
    ~permit() {
        if (core_) {
            core_->give_back_slot();
            core_->remove_sender(endpoint_);
        }
    }

    /// Whether there is a slot to use.
    explicit operator bool() const noexcept { return core_ != nullptr; }

    /// Puts the item in the slot, without waiting. False if the channel was closed meanwhile: then
    /// the item is untouched. Precondition: there is a slot.
    bool send(T& item) {
        const bool sent = core_->send_reserved(item); // if this throws, the slot is still ours
        std::exchange(core_, nullptr)->remove_sender(endpoint_);
        return sent;
    }
    bool send(T&& item) { return send(item); }

    void swap(permit& other) noexcept {
        core_.swap(other.core_);
        std::swap(endpoint_, other.endpoint_);
    }

    /// Made by `async_reserve`.
    explicit permit(detail::core_ptr<T, Lock> core)
        : core_(std::move(core)), endpoint_(core_->add_sender()) {}

private:
    detail::core_ptr<T, Lock> core_;
    std::uint32_t endpoint_ = 0;
};

} // namespace streamx
