#pragma once

#include <cstddef>
#include <string>

namespace demo {

/// Whether stdout is a terminal that a picture of 80 columns and so many rows fits on.
bool is_terminal(int rows);

/// A picture on the terminal that is drawn again in its place.
class picture {
public:
    void draw(const std::string& text);

private:
    std::size_t drawn_ = 0; // lines on the screen
};

} // namespace demo
