#pragma once

#include <malloc.h>

#include <cstddef>

namespace streamx::testing {

/// Whether `heap()` tells something: a sanitizer has a heap of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool heap_is_counted = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool heap_is_counted = false;
#else
inline constexpr bool heap_is_counted = true;
#endif
#else
inline constexpr bool heap_is_counted = true;
#endif

/// Bytes of the heap that are in use.
inline std::size_t heap() { return ::mallinfo2().uordblks; }

/// Heap bytes that each of many calls of `make_one` leaves in use. What the first ones cost once is not
/// counted.
template <class MakeOne>
std::size_t heap_of(MakeOne make_one) {
    constexpr std::size_t many = 200;
    for (std::size_t i = 0; i != 50; ++i)
        make_one();
    const auto before = heap();
    for (std::size_t i = 0; i != many; ++i)
        make_one();
    return (heap() - before) / many;
}

} // namespace streamx::testing
