#include "text.hpp"

#include <algorithm>
#include <cstdio>

namespace demo {

std::string grouped(std::uint64_t n) {
    auto text = std::to_string(n);
    for (auto at = text.size(); at > 3;)
        text.insert(at -= 3, ",");
    return text;
}

std::string seconds(std::chrono::nanoseconds d) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(d).count());
    return text;
}

std::string bar(std::size_t size, std::size_t capacity) {
    constexpr std::size_t width = 20;
    const auto filled = capacity == 0 ? 0 : std::min(width, size * width / capacity);
    return '[' + std::string(filled, '#') + std::string(width - filled, '.') + ']';
}

std::string left(std::string text, std::size_t width) {
    if (text.size() > width)
        text = text.substr(0, width - 1) + '~';
    text.resize(width, ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

} // namespace demo
