#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace demo {

/// `12345` as `12,345`.
std::string grouped(std::uint64_t n);

/// `3.2 s`, or `12.3 ms` where it is short
std::string seconds(std::chrono::nanoseconds d);

/// `[####......]`, full only when it is.
std::string bar(std::size_t size, std::size_t capacity);

/// The text in a column of this width, cut where it is too long.
std::string left(std::string text, std::size_t width);
std::string right(const std::string& text, std::size_t width);

} // namespace demo
