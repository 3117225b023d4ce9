#include "names.hpp"

#include <algorithm>
#include <stdexcept>

namespace streamx::nats::detail {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool are_words(std::string_view s, std::string_view not_in_them) {
    const auto is_bad = [&](char c) {
        return c == ' ' || is_control(c) || not_in_them.find(c) != std::string_view::npos;
    };
    return !s.empty() && s.front() != '.' && s.back() != '.' &&
           s.find("..") == std::string_view::npos && std::ranges::none_of(s, is_bad);
}

} // namespace

bool is_subject(std::string_view s) { return are_words(s, "*>"); }
bool is_pattern(std::string_view s) { return are_words(s, ""); }
bool is_name(std::string_view s) { return are_words(s, "*>./\\"); }
bool is_header_value(std::string_view s) { return std::ranges::none_of(s, is_control); }

void require(bool is_so, const char* message) {
    if (!is_so)
        throw std::invalid_argument(message);
}

} // namespace streamx::nats::detail
