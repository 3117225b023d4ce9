#include "utf8.hpp"

#include <cstdint>
#include <cstring>

namespace streamx::io::detail {

bool is_utf8(std::string_view text) noexcept {
    const auto* p = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = p + text.size();
    while (p != end) {
        if (end - p >= 8) { // most text is ASCII, and eight such bytes are seen at once
            std::uint64_t word = 0;
            std::memcpy(&word, p, sizeof word);
            if ((word & 0x8080808080808080) == 0) {
                p += sizeof word;
                continue;
            }
        }
        const unsigned first = *p++;
        if (first < 0x80)
            continue;
        unsigned more = 0, lowest = 0x80, highest = 0xbf; // bounds of the second byte
        if (first >= 0xc2 && first <= 0xdf) {
            more = 1;
        } else if (first >= 0xe0 && first <= 0xef) {
            more = 2;
            lowest = first == 0xe0 ? 0xa0 : 0x80;
            highest = first == 0xed ? 0x9f : 0xbf;
        } else if (first >= 0xf0 && first <= 0xf4) {
            more = 3;
            lowest = first == 0xf0 ? 0x90 : 0x80;
            highest = first == 0xf4 ? 0x8f : 0xbf;
        } else {
            return false;
        }
        for (; more != 0; --more, ++p) {
            if (p == end || *p < lowest || *p > highest)
                return false;
            lowest = 0x80;
            highest = 0xbf;
        }
    }
    return true;
}

} // namespace streamx::io::detail
