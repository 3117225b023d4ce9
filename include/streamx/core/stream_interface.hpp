#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/stream_base.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {

/// Takes one item and stops.
template <class T>
struct next_step {
    bool operator()(T&& item) {
        result.emplace(std::move(item));
        return false;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(result));
    }

    std::optional<T> result;
};

} // namespace detail

/// Base of a stream: gives `Derived`, which has `try_next` and `async_wait`, the ways to pull from
/// it.
///
/// Through these a stream fails once and then ends, and an end is for ever.
template <class Derived>
class stream_interface : public detail::stream_base {
public:
    /// Waits for the next item; an empty optional is the end of the stream.
    /// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
    ///            executor, the stream's by default; never inside this call
    /// @errors  what the stream threw; `errc::operation_in_progress` when another pull is
    /// outstanding
    ///          (which is not disturbed); `operation_aborted` when cancelled or the stream
    ///          destroyed
    /// @cancels total, partial, terminal; no item is taken, so none is lost
    /// @threads from the stream's executor; the stream stays alive or is destroyed there
    template <class Token, class D = Derived>
    auto async_next(Token&& token) {
        using item = item_t<D>;
        return detail::async_drive<void(std::exception_ptr, std::optional<item>)>(
            derived(), detail::next_step<item>(), std::forward<Token>(token));
    }

    /// The same for coroutines, `co_await s.next()`: an item that is ready costs no trip through
    /// the executor (but for one in each budget of 1024, so that others run).
    /// @errors as `async_next`, thrown; an `error_code` as `boost::system::system_error`
    template <class D = Derived>
    asio::awaitable<std::optional<item_t<D>>> next() {
        D& self = derived();
        if (detail::stream_access::is_busy(self))
            throw boost::system::system_error(errc::operation_in_progress, "next");
        if (detail::stream_access::spent(self, detail::budget))
            co_await asio::post(asio::use_awaitable);
        for (;;) {
            if (auto item = pull(self); !item.is_pending())
                co_return std::move(item).to_optional();
            detail::turn mine(self);
            if (!mine)
                throw boost::system::system_error(errc::operation_in_progress, "next");
            co_await self.async_wait(asio::use_awaitable);
            // Cancelled, or the stream gone, with the wake-up on its way: then nothing is taken.
            const auto state = co_await asio::this_coro::cancellation_state;
            const bool throws = co_await asio::this_coro::throw_if_cancelled();
            const bool cancelled = state.cancelled() != asio::cancellation_type::none;
            if (mine.orphaned() || (cancelled && throws))
                throw boost::system::system_error(asio::error::operation_aborted, "next");
        }
    }

    /// Lets go of upstream; called when the stream is over. A stream that its user may still ask
    /// something afterwards (a channel's receiver) hides this.
    void release() noexcept { [[maybe_unused]] Derived dead(std::move(derived())); }

protected:
    stream_interface() = default;
    ~stream_interface() = default;

private:
    Derived& derived() noexcept { return static_cast<Derived&>(*this); }

    template <class D>
    static poll<item_t<D>> pull(D& self) {
        if (detail::stream_access::is_over(self))
            return end;
        try {
            auto item = self.try_next();
            if (item.is_end())
                detail::finish(self);
            return item;
        } catch (...) {
            detail::finish(self);
            throw;
        }
    }
};

} // namespace streamx
