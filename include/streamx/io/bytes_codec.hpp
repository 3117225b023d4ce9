#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/byte_item.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// Bytes as they come: whatever has arrived is an item, and an item is sent as it is.
template <detail::byte_item Item = std::string>
class basic_bytes_codec {
public:
    using value_type = Item;

    template <class Maker = detail::copier>
    std::optional<Item> decode(std::string_view& in, Maker&& maker = {}) {
        if (in.empty())
            return {};
        return maker.template make<Item>(std::exchange(in, {}));
    }

    void encode(std::string_view item, write_buffer& out) const { out.append(item); }
    void encode(std::string&& item, write_buffer& out) const { out.take(std::move(item)); }
    template <detail::byte_item T>
        requires(!std::convertible_to<T, std::string_view>)
    void encode(const T& item, write_buffer& out) const {
        out.append(detail::bytes_of(item));
    }
};

using bytes_codec = basic_bytes_codec<>;
using bytes_view_codec = basic_bytes_codec<std::string_view>;

} // namespace streamx::io
