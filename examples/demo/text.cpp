#include "text.hpp"

#include <algorithm>
#include <cstdio>

namespace demo {

std::string grouped(std::uint64_t n) {
    auto text = std::to_string(n);
    for (auto at = text.size(); at > 3;)
        text.insert(at -= 3, 1, ',');
    return text;
}

std::string seconds(std::chrono::nanoseconds d) {
    char text[32];
    const auto s = std::chrono::duration<double>(d).count();
    if (s > 0 && s < 0.1)
        std::snprintf(text, sizeof text, "%.1f ms", s * 1000);
    else
        std::snprintf(text, sizeof text, "%.1f s", s);
    return text;
}

std::string bar(std::size_t size, std::size_t capacity) {
    constexpr std::size_t width = 20;
    const auto filled = capacity == 0 ? 0 : std::min(width, size * width / capacity);
    std::string text(1, '[');
    text.append(filled, '#').append(width - filled, '.').push_back(']');
    return text;
}

std::string left(std::string text, std::size_t width) {
    if (text.size() > width)
        text = text.substr(0, width - 1) + '~';
    text.resize(width, ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    std::string column(width - std::min(width, text.size()), ' ');
    return column += text;
}

} // namespace demo
