#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <concepts>
#include <utility>

namespace streamx::detail {

template <class Executor>
struct untracked_of {
    // A member class, so that argument dependent look-up does not find the operators of `Executor`:
    // those of an `any_io_executor` would ask whether this can become one.
    class type {
    public:
        template <std::same_as<Executor> E> // and nothing that would have to be converted, for that
        // reason
        explicit type(const E& ex) noexcept : executor_(ex) {}

        auto& query(asio::execution::context_t) const noexcept {
            return asio::query(executor_, asio::execution::context);
        }
        type require(asio::execution::blocking_t::never_t) const noexcept {
            return type(executor_, false);
        }
        type require(asio::execution::blocking_t::possibly_t) const noexcept {
            return type(executor_, true);
        }

        template <class F>
        void execute(F&& f) const {
            if (possibly_)
                asio::prefer(executor_, asio::execution::blocking.possibly)
                    .execute(std::forward<F>(f));
            else
                asio::require(executor_, asio::execution::blocking.never)
                    .execute(std::forward<F>(f));
        }
        friend bool operator==(const type& a, const type& b) noexcept {
            return a.executor_ == b.executor_;
        }

    private:
        type(const Executor& ex, bool possibly) noexcept : executor_(ex), possibly_(possibly) {}

        Executor executor_;
        bool possibly_ = false; // may it run at once, if this is the place; never, unless asked
    };
};

/// An executor whose outstanding work does not count: what is parked with it does not keep the
/// context running.
template <class Executor>
using untracked = typename untracked_of<Executor>::type;

} // namespace streamx::detail
