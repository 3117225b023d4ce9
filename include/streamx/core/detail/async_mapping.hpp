#pragma once

#include <streamx/core/detail/async_function.hpp>
#include <streamx/core/detail/in_flight_stream.hpp>
#include <streamx/core/poll.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// Gives what an asynchronous function makes of each item.
template <class T, class Fn>
struct async_mapping {
    static constexpr const char* name = "map_async";
    using shown = shown_to_async_t<Fn, T>;
    using made = typename made_by<Fn, shown>::type;
    using value_type = passed_on_t<shown, T, made>;
    using key = std::monostate;

    auto start(T& item) { return start_async(fn, show<shown>(item)); }
    poll<value_type> finish(T& item, made&& m) { return pass_on<shown>(item, std::move(m)); }

    Fn fn;
};

template <class Fn>
auto map_async(std::size_t n, made_order order, const char* message, Fn fn) {
    return with_in_flight(n, order, message, [fn = std::move(fn)]<class T>() mutable {
        return async_mapping<T, Fn>{std::move(fn)};
    });
}

} // namespace streamx::detail
