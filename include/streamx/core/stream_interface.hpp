#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/core/detail/stream_base.hpp>

#include <boost/asio/awaitable.hpp>

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
    ///          outstanding (which is not disturbed); `operation_aborted` when cancelled or the
    ///          stream destroyed
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
    /// @errors  as `async_next`, thrown; an `error_code` as `boost::system::system_error`
    template <class D = Derived>
    asio::awaitable<std::optional<item_t<D>>> next() {
        return detail::next_item(static_cast<D&>(*this));
    }

    /// Lets go of upstream; called when the stream is over. A stream that its user may still ask
    /// something afterwards (a channel's receiver) hides this.
    void release() noexcept { [[maybe_unused]] Derived dead(std::move(derived())); }

protected:
    stream_interface() = default;
    ~stream_interface() = default;

private:
    Derived& derived() noexcept { return static_cast<Derived&>(*this); }
};

} // namespace streamx
