#pragma once

#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

/// Prints numbers in one line.
inline void print(const std::vector<std::int64_t>& numbers) {
    const char* separator = "";
    for (auto n : numbers)
        std::cout << std::exchange(separator, " ") << n;
    std::cout << '\n';
}
