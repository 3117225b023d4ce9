#include "line_file.hpp"

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <system_error>

namespace demo {
namespace {

std::runtime_error cannot_read(const std::filesystem::path& path, const std::string& why) {
    return std::runtime_error("cannot read " + path.string() + ": " + why);
}

} // namespace

line_file::line_file(const std::filesystem::path& path) : path_(path), buffer_(4097) {
    std::error_code ec;
    const auto status = std::filesystem::status(path, ec);
    if (!std::filesystem::exists(status))
        throw cannot_read(path, ec ? ec.message() : "no such file");
    if (!std::filesystem::is_regular_file(status)) // a pipe could keep us waiting for ever
        throw cannot_read(path, "not a regular file");
    errno = 0;
    in_.open(path, std::ios::binary);
    if (!in_)
        throw cannot_read(path, std::generic_category().message(errno));
}

std::optional<std::string> line_file::next() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    auto length = static_cast<std::size_t>(in_.gcount());
    if (in_.bad())
        throw cannot_read(path_, "the system reports an error");
    if (in_.fail()) {
        if (length == 0)
            return std::nullopt;
        in_.clear(); // a long line: this is a piece of it
    } else if (!in_.eof()) {
        --length; // the line break
    }
    return std::string(buffer_.data(), length);
}

} // namespace demo
