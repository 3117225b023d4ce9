#pragma once

#include <cstddef>
#include <stdexcept>

namespace streamx::detail {

/// A size that must not be 0; `message` says which parameter it is.
inline std::size_t checked_size(std::size_t size, const char* message) {
    if (size == 0)
        throw std::invalid_argument(message);
    return size;
}

} // namespace streamx::detail
