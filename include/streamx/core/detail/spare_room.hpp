#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/recycling_allocator.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Room for one small operation at a time, of one who has one after the other. Used from any thread.
///
/// It is part of an executor, which a user's coroutine may ask for and keep: so it is never freed, but
/// used again, and there are `own_room::most` of them at most. Nothing but the room is lost when two
/// should have the same.
class spare_room {
public:
    /// Null if there is an operation in it, or it is too small.
    void* take(std::size_t size) noexcept {
        if (size > sizeof(room_) || taken_.exchange(true, std::memory_order_acquire))
            return nullptr;
        return room_;
    }

    /// False if that is not in it.
    bool give_back(void* p) noexcept {
        if (p != room_)
            return false;
        taken_.store(false, std::memory_order_release);
        return true;
    }

private:
    std::atomic<bool> taken_ = false;
    alignas(std::max_align_t) std::byte room_[128];
};

/// A room that is somebody's own, as long as there are any.
class own_room {
public:
    static constexpr std::size_t most = 4096;

    own_room() : room_(rooms::all().take()) {}
    own_room(const own_room&) = delete;
    own_room& operator=(const own_room&) = delete;
    ~own_room() {
        if (room_)
            rooms::all().give_back(room_);
    }

    /// Null if there were too many others.
    spare_room* get() const noexcept { return room_; }

private:
    class rooms {
    public:
        static rooms& all() {
            static auto& kept = *new rooms; // beyond what is destroyed at the end of the program
            return kept;
        }

        spare_room* take() {
            std::lock_guard lock(mutex_);
            if (free_.empty() && made_.size() == most)
                return nullptr;
            if (free_.empty()) {
                free_.reserve(made_.size() + 1); // so that all can be given back
                made_.push_back(std::make_unique<spare_room>());
                return made_.back().get();
            }
            auto* room = free_.back();
            free_.pop_back();
            return room;
        }
        void give_back(spare_room* room) noexcept {
            std::lock_guard lock(mutex_);
            free_.push_back(room);
        }

    private:
        std::mutex mutex_;
        std::vector<std::unique_ptr<spare_room>> made_;
        std::vector<spare_room*> free_;
    };

    spare_room* room_;
};

/// Takes what fits into it from such a room, if there is one, and the rest from where Asio does. Small, so that an executor
/// that has it fits into an `any_io_executor`.
template <class T>
class spare_allocator {
public:
    using value_type = T;

    explicit spare_allocator(spare_room* room) noexcept : room_(room) {}
    template <class U>
    spare_allocator(const spare_allocator<U>& other) noexcept : room_(other.room_) {}

    T* allocate(std::size_t n) {
        if (void* p = room_ ? room_->take(n * sizeof(T)) : nullptr)
            return static_cast<T*>(p);
        return asio::recycling_allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) noexcept {
        if (!room_ || !room_->give_back(p))
            asio::recycling_allocator<T>().deallocate(p, n);
    }

    template <class U>
    friend bool operator==(const spare_allocator& a, const spare_allocator<U>& b) noexcept {
        return a.room_ == b.room_;
    }

private:
    template <class>
    friend class spare_allocator;

    spare_room* room_;
};

} // namespace streamx::detail
