#pragma once

#include <filesystem>
#include <vector>

namespace demo {

struct arguments {
    std::vector<std::filesystem::path> files; ///< one or two
    bool help = false;
};

extern const char* const usage;

/// Without a file: the package manager's log, or another text file that systems have.
/// Throws `std::runtime_error` with a message for the user.
arguments read_arguments(int argc, char** argv);

} // namespace demo
