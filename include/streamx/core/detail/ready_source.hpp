#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <utility>

namespace streamx::detail {

/// Base of a source that is never pending: `Derived` has `value_type` and `try_next`. It has no
/// executor, as it has nothing to run.
template <class Derived>
class ready_source : public stream_interface<Derived> {
public:
    using executor_type = no_executor;

    executor_type get_executor() const noexcept { return {}; }

    template <class Token>
    auto async_wait(Token&& token) {
        return async_ready(std::forward<Token>(token));
    }

protected:
    ready_source() = default;
    ~ready_source() = default;
};

} // namespace streamx::detail
