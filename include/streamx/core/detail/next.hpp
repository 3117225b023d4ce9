#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace streamx::detail {

/// The coroutine that gives the next item, for one who has a claim to the stream or, if `held` is null,
/// takes one while it waits.
template <class S, class Claim = claim<S&>>
asio::awaitable<std::optional<item_t<S>>> next_item(S& s, const Claim* held = nullptr) {
    if constexpr (claimable<S&>) {
        if (held && held->orphaned())
            throw boost::system::system_error(asio::error::operation_aborted, "next");
        if (!held && stream_access::is_busy(claimed(s)))
            throw boost::system::system_error(errc::operation_in_progress, "next");
        if (stream_access::spent(claimed(s), budget))
            co_await asio::post(asio::use_awaitable);
    }
    for (;;) {
        if (auto item = try_next_once(s); !item.is_pending())
            co_return std::move(item).to_optional();
        std::optional<Claim> taken;
        if (!held && !taken.emplace(s))
            throw boost::system::system_error(errc::operation_in_progress, "next");
        co_await s.async_wait(asio::deferred); // which needs no frame of its own
        // Cancelled, or the stream gone, with the wake-up on its way: then nothing is taken.
        const auto state = co_await asio::this_coro::cancellation_state;
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        const bool cancelled = state.cancelled() != asio::cancellation_type::none;
        if ((held ? held : &*taken)->orphaned() || (cancelled && throws))
            throw boost::system::system_error(asio::error::operation_aborted, "next");
    }
}

} // namespace streamx::detail
