#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace streamx::rsocket {

/// Reads big-endian fields off the front of some bytes; once they are too short it stays failed.
class field_reader {
public:
    explicit field_reader(std::string_view bytes) noexcept : rest_(bytes) {}

    explicit operator bool() const noexcept { return good_; }
    bool empty() const noexcept { return rest_.empty(); }

    std::uint64_t number(std::size_t size) noexcept {
        std::uint64_t value = 0;
        for (const char c : bytes(size))
            value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    std::string_view bytes(std::size_t size) noexcept {
        if (size > rest_.size())
            good_ = false;
        if (!good_)
            return {};
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    std::string_view rest() noexcept { return bytes(rest_.size()); }

private:
    std::string_view rest_;
    bool good_ = true;
};

/// Appends the lowest `size` bytes of a number, the highest of them first.
template <class Out>
void put_number(Out& out, std::uint64_t value, std::size_t size) {
    char bytes[8];
    for (std::size_t i = 0; i != size; ++i)
        bytes[i] = static_cast<char>(value >> (8 * (size - 1 - i)));
    out.append(bytes, size);
}

} // namespace streamx::rsocket
