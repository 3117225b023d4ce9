#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/byte_item.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// Items that each have a delimiter behind them, which is not part of them. Bytes behind the last
/// delimiter are no item: input that ends there is `errc::truncated`.
template <detail::byte_item Item = std::string>
class basic_delimited_codec {
public:
    using value_type = Item;

    /// An item is at most `limit` bytes long: `errc::frame_too_long`. An empty delimiter throws
    /// `std::invalid_argument`.
    explicit basic_delimited_codec(
        std::string delimiter, std::size_t limit = endpoint_limits().frame)
        : delimiter_(std::move(delimiter)), limit_(limit) {
        if (delimiter_.empty())
            throw std::invalid_argument("delimited: the delimiter must not be empty");
    }

    std::size_t limit() const noexcept { return limit_; }

    template <class Maker = detail::copier>
    std::optional<Item> decode(std::string_view& in, Maker&& maker = {}) {
        const auto at = in.find(delimiter_, searched_);
        const bool found = at != std::string_view::npos;
        if (found ? at > limit_ : in.size() >= limit_ + delimiter_.size())
            throw_codec_error(errc::frame_too_long, "delimited");
        if (!found) {
            searched_ = in.size() < delimiter_.size() ? 0 : in.size() - (delimiter_.size() - 1);
            return {};
        }
        auto item = maker.template make<Item>(in.substr(0, at));
        in.remove_prefix(at + delimiter_.size());
        searched_ = 0;
        return item;
    }

    /// An item that contains the delimiter is `errc::unencodable`.
    template <detail::byte_item T>
    void encode(T&& item, write_buffer& out) const {
        const auto bytes = detail::bytes_of(item);
        if (bytes.size() > limit_)
            throw_codec_error(errc::frame_too_long, "delimited");
        if (bytes.find(delimiter_) != std::string_view::npos)
            throw_codec_error(errc::unencodable, "delimited: the item contains the delimiter");
        if constexpr (std::same_as<T, std::string>)
            out.take(std::move(item));
        else
            out.append(bytes);
        out.append(delimiter_);
    }

private:
    std::string delimiter_;
    std::size_t limit_;
    std::size_t searched_ = 0; // so far no delimiter begins before this
};

using delimited_codec = basic_delimited_codec<>;
using delimited_view_codec = basic_delimited_codec<std::string_view>;

} // namespace streamx::io
