#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/in_flight.hpp>
#include <streamx/core/detail/state_stream.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// An adaptor that has up to `n` items in flight: `make.operator()<T>()` is the `Work` for items of
/// type `T`.
template <class Make>
auto with_in_flight(std::size_t n, made_order order, const char* message, Make make) {
    checked_size(n, message);
    return adaptor([n, order, make = std::move(make)]<async_stream Up>(Up up) mutable {
        using state = in_flight<Up, decltype(make.template operator()<item_t<Up>>())>;
        auto ex = up.get_executor();
        return state_stream<state>(
            std::move(ex),
            std::make_shared<state>(
                std::move(up), make.template operator()<item_t<Up>>(), n, order));
    });
}

} // namespace streamx::detail
