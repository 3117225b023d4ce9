#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/in_flight_stream.hpp>
#include <streamx/core/poll.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// Gives what a plain function makes of each item, called on the threads of a pool.
template <class T, class Fn>
struct pool_mapping {
    static constexpr const char* name = "parallel";
    using shown = shown_t<const Fn, T>;
    static_assert(
        std::invocable<const Fn&, shown>,
        "parallel: the function is called on several threads at once, and so must be callable as "
        "`const`: not a `mutable` lambda");
    using result = std::invoke_result_t<const Fn&, shown>;
    using made = std::conditional_t<std::is_void_v<result>, std::monostate, std::decay_t<result>>;
    using value_type = passed_on_t<shown, T, made>;
    using key = std::monostate;

    /// One call. One that was cancelled before it could begin is left out.
    struct call {
        const pool_mapping* self;
        T* item;

        template <class Landing>
        void operator()(Landing landing) && {
            post_to(
                self->pool,
                std::allocator<void>(),
                [fn = &self->fn, item = item, landing = std::move(landing)]() mutable {
                    const bool unwanted = landing.unwanted();
                    landing.make([&](auto& to) {
                        if (unwanted)
                            throw boost::system::system_error(asio::error::operation_aborted, name);
                        if constexpr (std::is_void_v<result>) {
                            std::invoke(*fn, show<shown>(*item));
                            to.emplace();
                        } else
                            to.emplace(std::invoke(*fn, show<shown>(*item)));
                    });
                });
        }
    };

    call start(T& item) { return {this, &item}; }
    poll<value_type> finish(T& item, made&& m) { return pass_on<shown>(item, std::move(m)); }

    asio::any_io_executor pool;
    Fn fn;
};

template <class Pool, class Fn>
auto parallel(std::size_t n, made_order order, const char* message, Pool& pool, Fn fn) {
    asio::any_io_executor ex = [&]() -> asio::any_io_executor {
        if constexpr (requires { pool.get_executor(); })
            return pool.get_executor();
        else
            return pool;
    }();
    return with_in_flight(
        n, order, message, [ex = std::move(ex), fn = std::move(fn)]<class T>() mutable {
            return pool_mapping<T, Fn>{ex, std::move(fn)};
        });
}

} // namespace streamx::detail
