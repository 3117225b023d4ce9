#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx::detail {

template <class Executor, class Allocator>
struct untracked_of {
    // A member class, so that argument dependent look-up does not find the operators of `Executor`:
    // those of an `any_io_executor` would ask whether this can become one.
    class type {
    public:
        // Nothing that would have to be converted, for that reason.
        template <std::same_as<Executor> E>
        explicit type(const E& ex, Allocator allocator = Allocator()) noexcept
            : executor_(ex), allocator_(std::move(allocator)) {}

        auto& query(asio::execution::context_t) const noexcept {
            return asio::query(executor_, asio::execution::context);
        }
        type require(asio::execution::blocking_t::never_t) const noexcept {
            return type(executor_, allocator_, false);
        }
        type require(asio::execution::blocking_t::possibly_t) const noexcept {
            return type(executor_, allocator_, true);
        }

        template <class F>
        void execute(F&& f) const {
            if (possibly_)
                asio::prefer(executor_, asio::execution::blocking.possibly)
                    .execute(std::forward<F>(f));
            else if constexpr (std::is_same_v<Allocator, std::allocator<void>>)
                asio::require(executor_, asio::execution::blocking.never)
                    .execute(std::forward<F>(f));
            else
                asio::prefer(
                    asio::require(executor_, asio::execution::blocking.never),
                    asio::execution::allocator(allocator_))
                    .execute(std::forward<F>(f));
        }
        friend bool operator==(const type& a, const type& b) noexcept {
            return a.executor_ == b.executor_;
        }

    private:
        type(const Executor& ex, const Allocator& allocator, bool possibly) noexcept
            : executor_(ex), allocator_(allocator), possibly_(possibly) {}

        Executor executor_;
        [[no_unique_address]] Allocator allocator_;
        bool possibly_ = false; // may it run at once, if this is the place; never, unless asked
    };
};

/// An executor whose outstanding work does not count: what is parked with it does not keep the
/// context running. What is posted to it is allocated with that allocator, where the executor can do so.
template <class Executor, class Allocator = std::allocator<void>>
using untracked = typename untracked_of<Executor, Allocator>::type;

} // namespace streamx::detail
