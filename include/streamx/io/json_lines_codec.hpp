#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/json_text.hpp>
#include <streamx/io/line_codec.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::io {

/// JSON texts, one a line (NDJSON, JSON Lines), as items of any type that Boost.JSON's `value_to` and
/// `value_from` know; `boost::json::value` takes all. Empty lines are skipped.
///
/// Who includes this header links Boost.JSON (`Boost::json`).
template <class T = boost::json::value>
class json_lines_codec {
public:
    using value_type = T;

    /// A line is at most `limit` bytes long: `errc::line_too_long`.
    explicit json_lines_codec(std::size_t limit = endpoint_limits().line) noexcept
        : lines_(limit) {}

    std::size_t limit() const noexcept { return lines_.limit(); }

    /// `errc::malformed`: a line is no JSON, for the reason that the message gives, or nothing that
    /// `value_to` can make a `T` of. What a `tag_invoke` of yours throws comes as it is.
    std::optional<T> decode(std::string_view& in) {
        while (const auto line = lines_.decode(in))
            if (!blank(*line))
                return item(*line, errc::malformed);
        return {};
    }

    /// The last line needs no end; if it is no JSON it was cut off: `errc::truncated`.
    std::optional<T> decode_end(std::string_view& in) {
        const auto line = lines_.decode_end(in);
        if (blank(*line))
            return {};
        return item(*line, errc::truncated);
    }

    void encode(const T& item, write_buffer& out) const {
        auto text = detail::to_json(item);
        lines_.encode(std::move(text), out); // serialized JSON contains no line's end
    }

private:
    static bool blank(std::string_view line) noexcept {
        return line.find_first_not_of(" \t\r") == std::string_view::npos;
    }

    static T item(std::string_view line, errc if_no_json) {
        return detail::from_json<T>(line, if_no_json, "json_lines");
    }

    line_view_codec lines_;
};

} // namespace streamx::io
