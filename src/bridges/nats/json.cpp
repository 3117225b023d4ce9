#include "json.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace streamx::nats::detail {
namespace {

void skip_space(std::string_view& in) {
    in.remove_prefix(std::min(in.find_first_not_of(" \t\r\n"), in.size()));
}

/// Takes a string off the front; its content, with escapes as they are.
std::optional<std::string_view> take_string(std::string_view& in) {
    if (in.empty() || in.front() != '"')
        return {};
    for (std::size_t i = 1; i < in.size(); ++i) {
        if (in[i] == '\\') {
            ++i;
        } else if (in[i] == '"') {
            const auto found = in.substr(1, i - 1);
            in.remove_prefix(i + 1);
            return found;
        }
    }
    return {};
}

/// Takes a value of any kind off the front; nesting costs no stack.
std::optional<std::string_view> take_value(std::string_view& in) {
    const auto whole = in;
    std::size_t depth = 0;
    for (;;) {
        skip_space(in);
        if (in.empty())
            return {};
        const char c = in.front();
        if (c == '"') {
            const auto text = take_string(in);
            if (!text)
                return {};
            if (depth == 0)
                return text;
            continue;
        }
        if (c == '{' || c == '[') {
            ++depth;
            in.remove_prefix(1);
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return {};
            in.remove_prefix(1);
            if (--depth == 0)
                return whole.substr(0, whole.size() - in.size());
        } else if (c == ',' || c == ':') {
            if (depth == 0)
                return {};
            in.remove_prefix(1);
        } else {
            const auto end = std::min(in.find_first_of(" \t\r\n,]}"), in.size());
            const auto word = in.substr(0, end);
            in.remove_prefix(end);
            if (depth == 0)
                return word;
        }
    }
}

} // namespace

std::optional<std::string_view> json_member(std::string_view in, std::string_view path) {
    const auto dot = path.find('.');
    const auto wanted = path.substr(0, dot);
    skip_space(in);
    if (in.empty() || in.front() != '{')
        return {};
    in.remove_prefix(1);
    for (;;) {
        skip_space(in);
        const auto name = take_string(in);
        if (!name)
            return {};
        skip_space(in);
        if (in.empty() || in.front() != ':')
            return {};
        in.remove_prefix(1);
        skip_space(in);
        const auto value = take_value(in);
        if (!value)
            return {};
        if (*name == wanted)
            return dot == std::string_view::npos ? value
                                                 : json_member(*value, path.substr(dot + 1));
        skip_space(in);
        if (in.empty() || in.front() != ',')
            return {};
        in.remove_prefix(1);
    }
}

std::optional<std::uint64_t> json_number(std::string_view object, std::string_view path) {
    const auto text = json_member(object, path);
    std::uint64_t value = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
        return {};
    return value;
}

std::string json_quoted(std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
        } else {
            out += c;
        }
    }
    return out += '"';
}

json_object& json_object::text(std::string_view name, std::string_view value) {
    return raw(name, json_quoted(value));
}

json_object& json_object::raw(std::string_view name, std::string_view json) {
    if (out_.size() > 1)
        out_ += ',';
    (out_ += json_quoted(name)) += ':';
    out_ += json;
    return *this;
}

} // namespace streamx::nats::detail
