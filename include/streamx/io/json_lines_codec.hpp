#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/line_codec.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
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
        if constexpr (std::same_as<T, boost::json::value>)
            write(item, out);
        else
            write(boost::json::value_from(item), out);
    }

private:
    static bool blank(std::string_view line) noexcept {
        return line.find_first_not_of(" \t\r") == std::string_view::npos;
    }

    static T item(std::string_view line, errc if_no_json) {
        boost::system::error_code why;
        auto value = boost::json::parse(line, why);
        if (why)
            throw boost::system::system_error(if_no_json, "json_lines: " + why.message());
        if constexpr (std::same_as<T, boost::json::value>) {
            return value;
        } else {
            try {
                return boost::json::value_to<T>(value);
            } catch (const boost::system::system_error& e) {
                if (e.code().category() != make_error_code(boost::json::error::syntax).category())
                    throw;
                throw boost::system::system_error(
                    errc::malformed, "json_lines: " + e.code().message());
            }
        }
    }

    void write(const boost::json::value& value, write_buffer& out) const {
        auto text = boost::json::serialize(value);
        lines_.encode(std::move(text), out); // serialized JSON contains no line's end
    }

    line_view_codec lines_;
};

} // namespace streamx::io
