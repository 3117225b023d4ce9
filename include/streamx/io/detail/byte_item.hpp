#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <ranges>
#include <string_view>
#include <type_traits>

namespace streamx::io::detail {

/// Bytes in a row that can be an item: a `std::string`, a `std::vector<std::byte>`, a
/// `std::string_view` (valid until the next pull) ...
template <class T>
concept byte_item = !std::is_array_v<std::remove_cvref_t<T>> && std::ranges::contiguous_range<T> &&
                    std::ranges::sized_range<T> && sizeof(std::ranges::range_value_t<T>) == 1 &&
                    std::is_trivially_copyable_v<std::ranges::range_value_t<T>>;

template <byte_item T>
T make_item(std::string_view bytes) {
    if constexpr (std::constructible_from<T, const char*, std::size_t>) {
        return T(bytes.data(), bytes.size());
    } else {
        const auto* first = reinterpret_cast<const std::ranges::range_value_t<T>*>(bytes.data());
        return T(first, first + bytes.size());
    }
}

/// What codecs make items with where nothing else is said: a copy.
struct copier {
    template <byte_item T>
    T make(std::string_view bytes) const {
        return make_item<T>(bytes);
    }
};

template <byte_item T>
std::string_view bytes_of(const T& item) noexcept {
    return {reinterpret_cast<const char*>(std::ranges::data(item)), std::ranges::size(item)};
}

inline void copy_bytes(std::string_view from, char* to) noexcept {
    if (!from.empty())
        std::memcpy(to, from.data(), from.size());
}

} // namespace streamx::io::detail
