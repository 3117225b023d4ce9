#pragma once

#include <streamx/streamx.hpp>

#include <cerrno>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

/// The lines of a text file as a stream. Throws `std::runtime_error` if it cannot be opened, and
/// fails with one if it cannot be read.
inline auto lines(const std::string& path) {
    const auto failure = [path] {
        const auto why = errno ? std::generic_category().message(errno) : "read error";
        return std::runtime_error("cannot read " + path + ": " + why);
    };
    errno = 0;
    std::ifstream file(path);
    if (!file)
        throw failure();
    return streamx::unfold(
        std::move(file), [failure](std::ifstream& in) -> std::optional<std::string> {
            std::string line;
            if (std::getline(in, line))
                return line;
            if (in.bad()) // a folder, say
                throw failure();
            return std::nullopt;
        });
}
