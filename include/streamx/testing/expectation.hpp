#pragma once

#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace streamx::testing {

/// What a check of this kit throws when it finds something else than it was told to: any test
/// framework fails a test for it and shows the sentence.
class expectation_failed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

/// An item in the text of a failed expectation.
template <class T>
std::string describe(const T& item) {
    if constexpr (requires(std::ostream& out) { out << item; }) {
        std::ostringstream text;
        text << item;
        return text.str();
    } else {
        return "an item";
    }
}

} // namespace detail

} // namespace streamx::testing
