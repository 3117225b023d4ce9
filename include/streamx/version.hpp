#pragma once

#include <string_view>

namespace streamx {

/// The version of the library that is linked, as `major.minor.patch`.
[[nodiscard]] std::string_view version() noexcept;

} // namespace streamx
