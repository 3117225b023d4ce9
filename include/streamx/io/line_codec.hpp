#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/byte_item.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// How an encoder ends a line; a decoder takes either.
enum class line_end { lf, crlf };

/// Lines of text, without their ends. A line ends with LF or CRLF; at the end of input the last one
/// needs neither.
template <detail::byte_item Item = std::string>
class basic_line_codec {
public:
    using value_type = Item;

    /// A line is at most `limit` bytes long: `errc::line_too_long`.
    explicit basic_line_codec(
        std::size_t limit = endpoint_limits().line, line_end ends_with = line_end::lf) noexcept
        : limit_(limit), ends_with_(ends_with) {}

    std::size_t limit() const noexcept { return limit_; }

    template <class Maker = detail::copier>
    std::optional<Item> decode(std::string_view& in, Maker&& maker = {}) {
        const auto* found = static_cast<const char*>(
            in.size() == searched_
                ? nullptr
                : std::memchr(in.data() + searched_, '\n', in.size() - searched_));
        if (!found) {
            // One more may be the CR that belongs to the line's end.
            if (in.size() > limit_ + (!in.empty() && in.back() == '\r' ? 1 : 0))
                throw_codec_error(errc::line_too_long, "lines");
            searched_ = in.size();
            return {};
        }
        const auto end = static_cast<std::size_t>(found - in.data());
        auto item = line(in.substr(0, end), maker);
        in.remove_prefix(end + 1);
        searched_ = 0;
        return item;
    }

    std::optional<Item> decode_end(std::string_view& in) {
        searched_ = 0;
        return line(std::exchange(in, {}), detail::copier());
    }

    /// An item that contains a LF, or ends with a CR, is `errc::unencodable`.
    template <detail::byte_item T>
    void encode(T&& item, write_buffer& out) const {
        const auto bytes = detail::bytes_of(item);
        if (bytes.size() > limit_)
            throw_codec_error(errc::line_too_long, "lines");
        if (bytes.find('\n') != std::string_view::npos || bytes.ends_with('\r'))
            throw_codec_error(errc::unencodable, "lines: the item contains a line's end");
        if constexpr (std::same_as<T, std::string>)
            out.take(std::move(item));
        else
            out.append(bytes);
        out.append(ends_with_ == line_end::lf ? std::string_view("\n") : std::string_view("\r\n"));
    }

private:
    template <class Maker>
    Item line(std::string_view bytes, Maker&& maker) const {
        if (bytes.ends_with('\r'))
            bytes.remove_suffix(1);
        if (bytes.size() > limit_)
            throw_codec_error(errc::line_too_long, "lines");
        return maker.template make<Item>(bytes);
    }

    std::size_t limit_;
    line_end ends_with_;
    std::size_t searched_ = 0; // so far there is no LF before this
};

using line_codec = basic_line_codec<>;
using line_view_codec = basic_line_codec<std::string_view>;

} // namespace streamx::io
