#pragma once

#include <streamx/core/async_stream.hpp>

#include <type_traits>

namespace streamx::detail {

/// The first executor type in a list that is one, or else `no_executor`.
template <class... Executors>
struct first_executor {
    using type = no_executor;
};
template <class Executor, class... Others>
struct first_executor<Executor, Others...> {
    using type = std::conditional_t<
        std::is_same_v<Executor, no_executor>,
        typename first_executor<Others...>::type,
        Executor>;
};

} // namespace streamx::detail
