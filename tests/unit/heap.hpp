#pragma once

#include <malloc.h>

#include <cstddef>

namespace streamx::testing {

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
