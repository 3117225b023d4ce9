#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace demo {

/// A file, line by line. A line longer than 4 KiB comes in pieces, so that a file without line
/// breaks costs no more memory than any other.
class line_file {
public:
    /// Throws `std::runtime_error` if there is no such file, or it cannot be read as one.
    explicit line_file(const std::filesystem::path& path);

    /// The next line without its line break; empty at the end of the file.
    std::optional<std::string> next();

private:
    std::filesystem::path path_;
    std::ifstream in_;
    std::vector<char> buffer_;
};

} // namespace demo
