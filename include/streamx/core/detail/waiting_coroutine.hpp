#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/dispatch.hpp>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// The handler of a coroutine that waits, which is but a pointer or two, kept in place.
class waiting_coroutine {
public:
    waiting_coroutine() = default;
    waiting_coroutine(const waiting_coroutine&) = delete;
    waiting_coroutine& operator=(const waiting_coroutine&) = delete;
    ~waiting_coroutine() { reset(); }

    explicit operator bool() const noexcept { return take_ != nullptr; }

    template <class Handler>
    void keep(Handler handler) noexcept {
        static_assert(sizeof(Handler) <= sizeof(room_));
        static_assert(std::is_nothrow_move_constructible_v<Handler>);
        ::new (static_cast<void*>(room_)) Handler(std::move(handler));
        take_ = [](void* room, bool resumed) {
            auto& kept = *static_cast<Handler*>(room);
            Handler taken(std::move(kept));
            kept.~Handler();
            if (resumed)
                asio::dispatch(std::move(taken));
        };
    }

    /// Goes on, at once where its executor lets it.
    void resume() { std::exchange(take_, nullptr)(room_, true); }
    /// Destroys it.
    void reset() {
        if (take_)
            std::exchange(take_, nullptr)(room_, false);
    }

private:
    void (*take_)(void* room, bool resumed) = nullptr;
    alignas(std::max_align_t) std::byte room_[4 * sizeof(void*)];
};

} // namespace streamx::detail
