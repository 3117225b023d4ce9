#pragma once

#include <cstddef>
#include <memory>

namespace streamx::detail {

/// Memory for a short time, at least `size` bytes of the usual alignment. Each thread keeps some of
/// what was given back, up to 128 KiB, for the next that asks for as much.
void* take_from_pool(std::size_t size);
void give_to_pool(void* memory, std::size_t size) noexcept;

/// The allocator of what waits in an operation and has no allocator of its own. (Asio's recycling
/// one keeps two blocks a thread: with more than two who wait it is `malloc`, and the slow one.)
template <class T>
struct pool_allocator {
    using value_type = T;

    pool_allocator() = default;
    template <class U>
    pool_allocator(const pool_allocator<U>&) noexcept {}

    T* allocate(std::size_t n) {
        if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            return std::allocator<T>().allocate(n);
        else
            return static_cast<T*>(take_from_pool(n * sizeof(T)));
    }
    void deallocate(T* p, std::size_t n) noexcept {
        if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            std::allocator<T>().deallocate(p, n);
        else
            give_to_pool(p, n * sizeof(T));
    }

    friend bool operator==(pool_allocator, pool_allocator) noexcept = default;
};
template <>
struct pool_allocator<void> {
    using value_type = void;
};

} // namespace streamx::detail
