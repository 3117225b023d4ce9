#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace demo {

bool is_terminal(int rows) {
    const char* term = std::getenv("TERM");
    winsize size{};
    return isatty(STDOUT_FILENO) && term && std::string_view(term) != "dumb" &&
           ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 80 && size.ws_row >= rows;
}

void picture::draw(const std::string& text) {
    if (drawn_ != 0)
        std::cout << "\x1b[" << drawn_ << "F\x1b[J"; // up to its first line, and clear from there
    std::cout << text << std::flush;
    drawn_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace demo
