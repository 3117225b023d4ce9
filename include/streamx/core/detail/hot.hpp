#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace streamx::detail {

/// Whether it costs nothing to keep a copy of a `T` for the length of a loop.
template <class T>
inline constexpr bool fits_registers = std::is_trivially_copyable_v<T> && sizeof(T) <= 64;

/// What a loop works on. A small trivial member is copied out of its object and put back at the end
/// of the loop, however that comes about: the compiler can keep the copy in a register, but not the
/// member. Everything else stays where it is.
template <class T, bool = fits_registers<T>>
class hot {
public:
    explicit hot(T& home) noexcept : home_(home) {}
    T& operator*() noexcept { return home_; }
    T* operator->() noexcept { return &home_; }

private:
    T& home_;
};

template <class T>
class hot<T, true> {
public:
    explicit hot(T& home) noexcept : home_(home), copy_(home) {}
    hot(const hot&) = delete;
    hot& operator=(const hot&) = delete;
    ~hot() {
        if constexpr (!std::is_empty_v<T>)
            std::construct_at(&home_, copy_); // not assigned: a lambda can't be
    }

    T& operator*() noexcept { return copy_; }
    T* operator->() noexcept { return &copy_; }

private:
    T& home_;
    T copy_;
};

} // namespace streamx::detail
