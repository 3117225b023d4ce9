#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/awaitable_fn.hpp>
#include <streamx/rsocket/codecs.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>
#include <streamx/rsocket/request.hpp>
#include <streamx/rsocket/typed_stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx::rsocket::detail {

/// Which codec writes the answers, and what the first of them says of itself where the peer has not asked
/// for just that.
struct answer_form {
    std::size_t index = 0;
    std::optional<std::string> label = {};
};

/// Which codec reads the request. Throws `errc::invalid`.
std::size_t choose_question(const request& r, mime_types types);
/// Throws `errc::invalid` if the peer accepts something else.
answer_form choose_answer(const request& r, mime_types types);

template <class T>
struct awaited {
    using type = T;
};
template <class T, class Ex>
struct awaited<asio::awaitable<T, Ex>> {
    using type = T;
};
template <class T>
using awaited_t = typename awaited<T>::type;

template <class T>
decoder<T> question_decoder(const request& r) {
    if constexpr (std::same_as<T, payload>)
        return decoder<T>(0, true);
    else
        return decoder<T>(choose_question(r, codecs<T>::types), true);
}

/// What the request asks: its data as a value.
template <class In>
In question_of(request& r) {
    return question_decoder<In>(r)(std::move(r.message));
}
/// The items of a channel.
template <class In>
stream_of<In> question_of(request& r, payload_stream items) {
    if constexpr (std::same_as<In, payload>)
        return items;
    else
        return {std::move(items), question_decoder<In>(r), false};
}

/// Calls a handler with what it wants to know: the question, if it has one, and the request behind it.
template <class In, class Fn, class... Items>
decltype(auto) call_typed(Fn& fn, request& r, Items... items) {
    const request& whole = r;
    if constexpr (std::is_void_v<In>) {
        if constexpr (std::invocable<Fn&, const request&>)
            return fn(whole);
        else
            return fn();
    } else {
        using question = decltype(question_of<In>(r, std::move(items)...));
        if constexpr (std::invocable<Fn&, question, const request&>)
            return fn(question_of<In>(r, std::move(items)...), whole);
        else
            return fn(question_of<In>(r, std::move(items)...));
    }
}

template <class In, class Fn, class... Items>
using typed_result_t = std::remove_cvref_t<decltype(call_typed<In>(
    std::declval<Fn&>(), std::declval<request&>(), std::declval<Items>()...))>;

/// What a handler's values are when nothing says so: those that it gives.
template <class R, class Result>
struct given {
    using type = Result;
};
template <class Result>
struct given<any_stream<payload>, Result> {
    using type = item_t<Result>;
};

template <class Out>
answer_form form_of(const request& r) {
    if constexpr (std::is_void_v<Out> || std::same_as<Out, payload>)
        return {};
    else
        return choose_answer(r, codecs<Out>::types);
}

/// A handler's answer as the router wants it: a payload, or a stream of them.
template <class R, class Out, class Answer>
R written_answer(Answer answer, answer_form form) {
    encoder<Out> how(form.index, std::move(form.label));
    if constexpr (std::same_as<R, payload>)
        return how(static_cast<Out>(std::move(answer)));
    else
        return encoded<Out>(std::move(answer), std::move(how));
}

/// The value of the question is in this coroutine as long as the handler's runs, which may take it by
/// reference.
template <class R, class In, class Out, class Fn, class... Items>
asio::awaitable<R> answer_later(std::shared_ptr<Fn> fn, request r, Items... items) {
    auto form = form_of<std::conditional_t<std::is_void_v<R>, void, Out>>(r);
    const request& whole = r;
    const auto call = [&](auto&&... question) -> decltype(auto) {
        if constexpr (std::invocable<Fn&, decltype(question)..., const request&>)
            return (*fn)(std::forward<decltype(question)>(question)..., whole);
        else
            return (*fn)(std::forward<decltype(question)>(question)...);
    };
    if constexpr (std::is_void_v<R>) {
        if constexpr (std::is_void_v<In>) {
            co_await call();
        } else {
            auto question = question_of<In>(r, std::move(items)...);
            co_await call(std::move(question));
        }
    } else if constexpr (std::is_void_v<In>) {
        co_return written_answer<R, Out>(co_await call(), std::move(form));
    } else {
        auto question = question_of<In>(r, std::move(items)...);
        co_return written_answer<R, Out>(co_await call(std::move(question)), std::move(form));
    }
}

/// A handler of values as one of payloads. `R` is what the router wants of it, `Items` what it gives beside
/// the request.
template <class R, class In, class Out, class... Items, class Fn>
auto typed_handler(Fn fn) {
    using result = typed_result_t<In, Fn, Items...>;
    if constexpr (streamx::detail::is_awaitable<result>) {
        return [fn = std::make_shared<Fn>(std::move(fn))](request r, Items... items) {
            return answer_later<R, In, Out>(fn, std::move(r), std::move(items)...);
        };
    } else {
        return [fn = std::move(fn)](request r, Items... items) mutable -> R {
            if constexpr (std::is_void_v<R>) {
                call_typed<In>(fn, r, std::move(items)...);
            } else {
                auto form = form_of<Out>(r);
                return written_answer<R, Out>(
                    call_typed<In>(fn, r, std::move(items)...), std::move(form));
            }
        };
    }
}

} // namespace streamx::rsocket::detail
