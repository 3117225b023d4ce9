#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace demo {

struct arguments {
    std::vector<std::filesystem::path> files; ///< one or two
    std::chrono::seconds serve_for{0};        ///< how long act 3 serves; 0: see usage
    std::string tool; ///< the program `streamx`, if act 3 is to show what it gets
    int act = 0;      ///< only this one, if it is not 0
    bool help = false;
};

extern const char* const usage;

/// Of `acts` acts. Without a file: the package manager's log, or another text file that systems have.
/// Throws `std::runtime_error` with a message for the user.
arguments read_arguments(int argc, char** argv, int acts);

} // namespace demo
