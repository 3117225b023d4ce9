#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/elements.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/sending.hpp>
#include <streamx/core/error.hpp>

#include <cstddef>
#include <exception>
#include <ranges>
#include <utility>

namespace streamx::detail {

/// The elements of a range as a stream: what `async_send_all` forwards.
template <std::ranges::input_range R>
class element_stream : public elements<R> {
public:
    using executor_type = no_executor;
    using elements<R>::elements;

    executor_type get_executor() const noexcept { return {}; }

    template <class Token>
    auto async_wait(Token&& token) {
        return async_ready(std::forward<Token>(token));
    }
};

struct count_sent {
    bool operator()(sent) {
        ++count;
        return true;
    }
    template <class Handler>
    void finish(Handler handler, const std::exception_ptr& failure) {
        std::move(handler)(to_error_code(failure), count);
    }

    std::size_t count = 0;
};

} // namespace streamx::detail
