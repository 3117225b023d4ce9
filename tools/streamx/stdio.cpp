#include "commands.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

namespace {

/// Of how many bytes the first character is, in UTF-8; 0 if there is none.
std::size_t first_character(std::string_view s) {
    const auto byte = [s](std::size_t i) {
        return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U;
    };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80)
        return 1;
    const bool longer_than_needed =
        first < 0xC2 || (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool beyond_the_last = first > 0xF4 || (first == 0xF4 && second > 0x8F);
    if (longer_than_needed || surrogate || beyond_the_last)
        return 0;
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (std::size_t i = 1; i != length; ++i)
        if ((byte(i) & 0xC0) != 0x80)
            return 0;
    return length;
}

/// JSON is UTF-8: a byte that is none of it becomes the character for what cannot be shown.
std::string json_string(std::string_view s) {
    std::string out(1, '"');
    while (!s.empty()) {
        const auto length = first_character(s);
        const auto c = static_cast<unsigned char>(s.front());
        if (length == 0)
            out += "\\ufffd";
        else if (c == '"' || c == '\\')
            (out += '\\') += s.front();
        else if (c < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else
            out += s.substr(0, length);
        s.remove_prefix(length == 0 ? 1 : length);
    }
    return out += '"';
}

} // namespace

int own_stdin() {
    if (::isatty(STDIN_FILENO) != 0)
        if (const int fd = ::open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_CLOEXEC); fd >= 0)
            return fd;
    return ::dup(STDIN_FILENO);
}

void write_out(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EAGAIN) { // it may be the same socket as stdin, which does not block
            pollfd room{STDOUT_FILENO, POLLOUT, 0};
            if (::poll(&room, 1, -1) >= 0)
                continue;
        }
        if (errno == EPIPE || errno == EINTR) // a signal that we handle is one to end
            throw output_closed();
        throw std::system_error(errno, std::generic_category(), "cannot write the output");
    }
}

void print_item(const arguments& a, const std::string& data) {
    write_out(a.json ? "{\"data\":" + json_string(data) + "}\n" : data + "\n");
}
