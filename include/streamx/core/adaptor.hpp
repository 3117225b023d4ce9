#pragma once

#include <streamx/core/async_stream.hpp>

#include <type_traits>
#include <utility>

namespace streamx {

/// What an operator's factory returns: a function from stream to stream that `|` applies.
///
/// `stream | a | b` and `stream | (a | b)` are the same pipeline, so a pipeline can be named before
/// it has a source. An adaptor given as an lvalue is copied and may be applied again.
template <class Fn>
class [[nodiscard]] adaptor {
public:
    constexpr explicit adaptor(Fn fn) : fn_(std::move(fn)) {}

    template <async_stream Up>
    constexpr auto operator()(Up up) && {
        return std::move(fn_)(std::move(up));
    }

    template <async_stream Up>
    constexpr auto operator()(Up up) const& {
        return Fn(fn_)(std::move(up));
    }

private:
    [[no_unique_address]] Fn fn_;
};

namespace detail {
template <class>
inline constexpr bool is_adaptor = false;
template <class Fn>
inline constexpr bool is_adaptor<adaptor<Fn>> = true;

template <class A>
concept adaptor_ref = is_adaptor<std::remove_cvref_t<A>>;
} // namespace detail

template <class Up, detail::adaptor_ref A>
    requires async_stream<std::remove_cvref_t<Up>>
constexpr auto operator|(Up&& up, A&& a) {
    return std::forward<A>(a)(std::forward<Up>(up));
}

template <detail::adaptor_ref A, detail::adaptor_ref B>
constexpr auto operator|(A&& a, B&& b) {
    return adaptor([a = std::forward<A>(a), b = std::forward<B>(b)]<async_stream Up>(
                       Up up) mutable { return std::move(b)(std::move(a)(std::move(up))); });
}

} // namespace streamx
