#include "heap_limit.hpp"

#include "fuzz_input.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace streamx::fuzz {
namespace {

constexpr auto unlimited = std::numeric_limits<std::size_t>::max();
std::atomic<std::size_t> held = 0, limit = unlimited;

void* counted(void* memory) {
    if (!memory)
        throw std::bad_alloc();
    const auto now = held += ::malloc_usable_size(memory);
    if (now > limit) {
        limit = unlimited; // to say so takes memory too
        require(false, "more memory than the limit");
    }
    return memory;
}

void give_back(void* memory) noexcept {
    held -= ::malloc_usable_size(memory);
    std::free(memory);
}

} // namespace

heap_limit::heap_limit(std::size_t bytes) noexcept { limit = held + bytes; }
heap_limit::~heap_limit() { limit = unlimited; }

} // namespace streamx::fuzz

void* operator new(std::size_t size) { return streamx::fuzz::counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto a = static_cast<std::size_t>(alignment);
    return streamx::fuzz::counted(std::aligned_alloc(a, (size + a - 1) / a * a));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept { streamx::fuzz::give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { streamx::fuzz::give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { streamx::fuzz::give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    streamx::fuzz::give_back(memory);
}
