#include <streamx/io/chunked_codec.hpp>

#include <charconv>
#include <cstring>

namespace streamx::io::detail {

void write_chunk(const write_buffer& bytes, write_buffer& out) {
    if (bytes.empty())
        return;
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16).ptr;
    out.append({digits, end});
    out.append("\r\n");
    out.append(bytes);
    out.append("\r\n");
}

void write_last_chunk(write_buffer& out) { out.append("0\r\n\r\n"); }

} // namespace streamx::io::detail
