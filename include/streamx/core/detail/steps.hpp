#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <utility>

namespace streamx::detail {

/// Takes every item, and there is nothing to say about them.
struct ignore_step {
    template <class Item>
    bool operator()(Item&&) const noexcept {
        return true;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure));
    }
};

/// Makes a result of the items: `take(result, item)` says whether to go on.
template <class Result, class Take>
struct result_step {
    template <class Item>
        requires std::invocable<Take&, Result&, Item>
    bool operator()(Item&& item) {
        return take(result, std::forward<Item>(item));
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(result));
    }

    Result result;
    [[no_unique_address]] Take take;
};

/// An operation that makes a result of a stream's items, from `init`.
template <class S, class Result, class Take, class Token>
auto async_result_of(S&& stream, Result init, Take take, Token&& token) {
    return async_drive<void(std::exception_ptr, Result)>(
        std::forward<S>(stream),
        result_step<Result, Take>{std::move(init), std::move(take)},
        std::forward<Token>(token));
}

/// An operation that stops at the first item which satisfies a predicate, with `verdict`; with its
/// opposite when there is none.
template <class S, class Predicate, class Token>
auto async_verdict(S&& stream, bool verdict, Predicate predicate, Token&& token) {
    return async_result_of(
        std::forward<S>(stream),
        !verdict,
        [verdict, predicate = std::move(predicate)]<class Item>(bool& result, Item&& item) mutable
            requires std::predicate<Predicate&, Item>
        {
            if (!std::invoke(predicate, std::forward<Item>(item)))
                return true;
            result = verdict;
            return false;
        },
        std::forward<Token>(token));
}

} // namespace streamx::detail
