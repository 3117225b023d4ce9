#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamx::nats::detail {

/// The text of a member of a JSON object, by its path ("error.err_code"): a string without its quotes
/// and not unescaped, anything else as it stands. Nothing if there is none or the text is no object.
std::optional<std::string_view> json_member(std::string_view object, std::string_view path);

/// The same, as a number.
std::optional<std::uint64_t> json_number(std::string_view object, std::string_view path);

/// Writes an object, member by member.
class json_object {
public:
    json_object& text(std::string_view name, std::string_view value);
    json_object& number(std::string_view name, std::int64_t value) {
        return raw(name, std::to_string(value));
    }
    json_object& flag(std::string_view name, bool value) {
        return raw(name, value ? "true" : "false");
    }
    json_object& raw(std::string_view name, std::string_view json);
    std::string str() const { return out_ + '}'; }

private:
    std::string out_ = "{";
};

std::string json_quoted(std::string_view text);

} // namespace streamx::nats::detail
