#pragma once

#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <concepts>
#include <exception>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {

enum class finish { ends, fails, hangs };

inline std::exception_ptr planned_failure() {
    return std::make_exception_ptr(std::runtime_error("as planned"));
}

/// What a stream under test is to give: the items 1, 2, ... and then how it finishes, with or
/// without a gap before each of them.
template <class T>
struct plan {
    int items = 3;
    bool gaps = false;
    finish last = finish::ends;
    item_counts* counts = nullptr;
    observer seen{}; // of the script that plays it

    T item(int value) const {
        if constexpr (std::is_same_v<T, counted_item>)
            return counted_item(value, *counts);
        else
            return T(value);
    }
};

/// The plan as a script.
template <class T>
script_source<T> play(const asio::any_io_executor& ex, const plan<T>& p) {
    script_source<T> s(ex, p.seen);
    for (int i = 1; i <= p.items; ++i) {
        if (p.gaps)
            s.pending();
        s.item(p.item(i));
    }
    if (p.gaps)
        s.pending();
    switch (p.last) {
    case finish::ends:
        return std::move(s).end();
    case finish::fails:
        return std::move(s).fail(planned_failure());
    case finish::hangs:
        break;
    }
    return std::move(s).hang();
}

/// The same, seen by that observer.
template <class T>
script_source<T> play(const asio::any_io_executor& ex, plan<T> p, observer seen) {
    p.seen = std::move(seen);
    return play(ex, p);
}

/// Appends the value of an item, or of all that are in a chunk.
template <class T>
void append_values(std::vector<int>& to, const T& item) {
    if constexpr (std::is_same_v<T, int>)
        to.push_back(item);
    else if constexpr (std::ranges::range<T>)
        for (const auto& i : item)
            append_values(to, i);
    else
        to.push_back(item.value());
}

template <class T>
std::vector<int> values(const T& items) {
    std::vector<int> result;
    append_values(result, items);
    return result;
}

inline std::vector<int> one_to(int last) {
    std::vector<int> result;
    for (int i = 1; i <= last; ++i)
        result.push_back(i);
    return result;
}

} // namespace streamx::testing
