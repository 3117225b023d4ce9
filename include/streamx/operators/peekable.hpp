#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/look.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `peekable` makes: upstream's items, the next of which can be looked at.
template <async_stream Up>
class [[nodiscard]] peekable_stream : public stream_interface<peekable_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    explicit peekable_stream(Up up) : up_(std::move(up)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (next_) [[unlikely]]
            return *std::exchange(next_, std::nullopt);
        return ended_ ? end : up_.try_next();
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (next_ && !take(*std::exchange(next_, std::nullopt)))
            return detail::halt::asked;
        return ended_ ? detail::halt::end : detail::each_ready(up_, take);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return next_ || ended_; }, up_, std::forward<Token>(token));
    }

    /// A pointer to the next item, which stays where it is; `pending` or `end` if there is none. The
    /// pointer is good until the item is taken or the stream moved. Like `try_next` it is for one
    /// who has no other pull outstanding.
    poll<value_type*> try_peek() {
        if (!next_) {
            auto item = try_next();
            ended_ = item.is_end();
            if (!item)
                return item.template without_item<value_type*>();
            next_ = std::move(item).to_optional();
        }
        return &*next_;
    }

    /// Waits for the next item and leaves it where it is. The pointer is good until the item is
    /// taken or the stream moved; null is the end.
    /// @completes `void(std::exception_ptr, value_type*)` on the handler's associated executor, the
    ///            stream's by default; never inside this call
    /// @errors  what the stream threw, which ends it; `errc::operation_in_progress` when another
    ///          pull is outstanding; `operation_aborted` when cancelled or the stream destroyed
    /// @cancels total, partial, terminal; no item is taken, so none is lost
    /// @threads from the stream's executor
    template <class Token>
    auto async_peek(Token&& token) {
        return detail::async_drive<void(std::exception_ptr, value_type*)>(
            look(pointer_to()), detail::look_step<value_type*>(), std::forward<Token>(token));
    }

    /// Takes the next item if `predicate` holds for it, and leaves it otherwise. An empty optional
    /// is either that or the end.
    /// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
    ///            executor, the stream's by default, where `predicate` runs too; never inside this
    ///            call
    /// @errors  as `async_peek`; what `predicate` throws, which leaves the item and the stream as
    ///          they are
    /// @cancels total, partial, terminal; no item is taken, so none is lost
    /// @threads from the stream's executor
    template <std::predicate<value_type&> Predicate, class Token>
    auto async_next_if(Predicate predicate, Token&& token) {
        return detail::async_drive<void(std::exception_ptr, std::optional<value_type>)>(
            look(taken_if(std::move(predicate))),
            detail::look_step<std::optional<value_type>>(),
            std::forward<Token>(token));
    }

    /// `async_peek` for coroutines: `co_await s.peek()`.
    asio::awaitable<value_type*> peek() {
        auto view = look(pointer_to());
        auto found = co_await detail::next_item(view);
        co_return found ? *found : nullptr;
    }

    /// `async_next_if` for coroutines: `co_await s.next_if(predicate)`.
    template <std::predicate<value_type&> Predicate>
    asio::awaitable<std::optional<value_type>> next_if(Predicate predicate) {
        auto view = look(taken_if(std::move(predicate)));
        auto found = co_await detail::next_item(view);
        co_return found ? *std::move(found) : std::nullopt;
    }

private:
    template <class Fn>
    auto look(Fn fn) {
        return detail::look_stream<peekable_stream, Fn>(*this, std::move(fn));
    }

    static auto pointer_to() {
        return [](peekable_stream& self) { return &*self.next_; };
    }

    template <class Predicate>
    static auto taken_if(Predicate predicate) {
        return [predicate = std::move(predicate)](peekable_stream& self) mutable {
            return std::invoke(predicate, *self.next_) ? std::exchange(self.next_, std::nullopt)
                                                       : std::nullopt;
        };
    }

    Up up_;
    std::optional<value_type> next_; // has been looked at
    bool ended_ = false;             // so has the end
};

/// Lets one look at the next item before taking it: `try_peek`, `async_peek`, `peek`, and
/// `async_next_if`, `next_if`, which take it on a condition.
/// @marble  `-1--2-|`  ->  `peekable()`  ->  `-1--2-|`
/// @errors  upstream's, unchanged
/// @cancels an item that was looked at stays for the next pull
/// @cost    no allocation, no copy; at most one item buffered
/// @others  peekable (futures), prefixAndTail (Akka)
[[nodiscard]] inline auto peekable() {
    return adaptor([]<async_stream Up>(Up up) { return peekable_stream<Up>(std::move(up)); });
}

} // namespace streamx
