#pragma once

#include <cstddef>
#include <string>

namespace streamx::detail {

/// The name of one of several that share one, or none.
inline std::string numbered(const std::string& name, std::size_t i) {
    return name.empty() ? name : name + ' ' + std::to_string(i);
}

} // namespace streamx::detail
