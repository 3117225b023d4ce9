#pragma once

#include <cstddef>

namespace streamx::fuzz {

/// While it is there, the heap may grow by so many bytes, or the program is aborted. It counts what `new`
/// gives, and so neither the sanitizers' memory nor what a fuzzer has of its own: `-rss_limit_mb` cannot be
/// this small with them. One at a time.
class heap_limit {
public:
    explicit heap_limit(std::size_t bytes) noexcept;
    heap_limit(const heap_limit&) = delete;
    heap_limit& operator=(const heap_limit&) = delete;
    ~heap_limit();
};

} // namespace streamx::fuzz
