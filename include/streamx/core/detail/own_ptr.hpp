#pragma once

#include <memory>
#include <utility>

namespace streamx::detail {

/// State of a stream that what the stream has begun may refer to, and outlast it. Two streams must not
/// have the same: so it moves, and with it the stream, and is not copied.
template <class T>
class own_ptr : public std::shared_ptr<T> {
public:
    own_ptr() = default;
    own_ptr(std::shared_ptr<T> state) noexcept : std::shared_ptr<T>(std::move(state)) {}
    own_ptr(own_ptr&&) noexcept = default;
    own_ptr& operator=(own_ptr&&) noexcept = default;
};

} // namespace streamx::detail
