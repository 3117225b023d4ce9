#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `distinct_until_changed` makes: upstream's items but for those that equal the
/// one before.
template <async_stream Up, class Equal, class Key>
class [[nodiscard]] distinct_until_changed_stream
    : public stream_interface<distinct_until_changed_stream<Up, Equal, Key>> {
    using key = std::remove_cvref_t<std::invoke_result_t<Key&, const item_t<Up>&>>;

public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    distinct_until_changed_stream(Up up, Equal equal, Key of)
        : up_(std::move(up)), equal_(std::move(equal)), key_(std::move(of)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        return detail::next_that(up_, [this](const auto& item) {
            decltype(auto) now = std::invoke(key_, item);
            if (last_ && std::invoke(equal_, std::as_const(*last_), std::as_const(now)))
                return false;
            last_ = std::forward<decltype(now)>(now);
            return true;
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Equal equal_;
    [[no_unique_address]] Key key_;
    std::optional<key> last_;
};

/// Drops the items that equal the one passed on before them: `equal(last, now)` of their keys,
/// which `key(item)` makes.
/// @marble  `-1--1--2--1-|`  ->  `distinct_until_changed()`  ->  `-1-----2--1-|`
/// @errors  upstream's, unchanged; what a function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    a copy of each key passed on (of the item, by default); one key is remembered
/// @others  distinctUntilChanged (Rx)
template <class Equal = std::equal_to<>, class Key = std::identity>
[[nodiscard]] auto distinct_until_changed(Equal equal = {}, Key key = {}) {
    return adaptor(
        [equal = std::move(equal), key = std::move(key)]<async_stream Up>(Up up) mutable {
            return distinct_until_changed_stream<Up, Equal, Key>(
                std::move(up), std::move(equal), std::move(key));
        });
}

} // namespace streamx
