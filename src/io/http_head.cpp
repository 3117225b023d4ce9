#include <streamx/io/http_head.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace streamx::io {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view s) noexcept {
    const auto first = s.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i != text.size(); ++i) {
        unsigned char byte = 0;
        if (text[i] == '%' && text.size() - i > 2) {
            const char* digits = text.data() + i + 1;
            const auto [at, ec] = std::from_chars(digits, digits + 2, byte, 16);
            if (ec == std::errc() && at == digits + 2) {
                plain += static_cast<char>(byte);
                i += 2;
                continue;
            }
        }
        plain += text[i] == '+' ? ' ' : text[i];
    }
    return plain;
}

} // namespace

std::string_view http_head::operator[](std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (same_word(key, name))
            return value;
    return {};
}

bool http_head::has_token(std::string_view name, std::string_view word) const noexcept {
    for (const auto& [key, value] : fields) {
        if (!same_word(key, name))
            continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (same_word(trimmed(rest.substr(0, comma)), word))
                return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

std::string_view http_head::path() const noexcept {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string http_head::query(std::string_view name) const {
    const auto mark = target.find('?');
    auto rest =
        mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        if (decoded(pair.substr(0, equals)) == name)
            return decoded(pair.substr(std::min(equals + 1, pair.size())));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

} // namespace streamx::io
