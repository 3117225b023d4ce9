#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `repeat(value)` makes.
template <std::copy_constructible T>
class [[nodiscard]] repeat_stream : public detail::ready_source<repeat_stream<T>> {
public:
    using value_type = T;

    explicit repeat_stream(T value) : value_(std::move(value)) {}

    poll<T> try_next() { return value_; }

private:
    T value_;
};

/// The stream that `repeat(value, count)` makes.
template <std::copy_constructible T>
class [[nodiscard]] repeat_n_stream : public detail::ready_source<repeat_n_stream<T>> {
public:
    using value_type = T;

    repeat_n_stream(T value, std::size_t count) : value_(std::move(value)), left_(count) {}

    poll<T> try_next() {
        if (left_ == 0)
            return end;
        if (--left_ == 0)
            return std::move(value_);
        return value_;
    }

private:
    T value_;
    std::size_t left_;
};

/// The same item again and again, for ever.
/// @marble  `repeat(7)`  ->  `-7-7-7-7-`
/// @errors  what copying the item throws
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation, a copy an item
/// @others  repeat (futures), repeat (ranges), repeat (Rx), Source.repeat (Akka)
template <class T>
[[nodiscard]] repeat_stream<T> repeat(T value) {
    return repeat_stream<T>(std::move(value));
}

/// The same item `count` times, the last of them without a copy.
template <class T>
[[nodiscard]] repeat_n_stream<T> repeat(T value, std::size_t count) {
    return {std::move(value), count};
}

} // namespace streamx
