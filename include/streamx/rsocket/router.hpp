#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/rsocket/detail/typed_handler.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>
#include <streamx/rsocket/request.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::rsocket {

/// What answers requests, by their route. A handler may return its answer or an `asio::awaitable` of
/// it, which is spawned on the connection's executor and cancelled when the peer cancels. What a
/// handler or its stream throws fails the request with APPLICATION_ERROR and the exception's `what()`;
/// a `system_error` with an `rsocket::errc` or one of the application's own codes fails it with that. A
/// fire-and-forget has nobody to tell: what it fails with is logged.
///
/// A request whose route has no handler of its kind is answered with REJECTED. The streams that
/// handlers return are pulled on the executor of the connection.
class router {
public:
    using stream = any_stream<payload>;
    template <class R, class... Args>
    using handler = std::variant<
        std::function<R(request, Args...)>,
        std::function<asio::awaitable<R>(request, Args...)>>;
    using stream_handler = handler<stream>;
    using channel_handler = handler<stream, payload_stream>;
    using response_handler = handler<payload>;
    using forget_handler = handler<void>;

    /// The route of what answers requests of every route that has no handler of their kind.
    static constexpr const char* any = "*";

    /// Each replaces an earlier handler of the same route and kind.
    ///
    /// Without types, `fn(request)` answers with payloads. With them it is a function of values, which the
    /// codecs of their types (`codecs_of`) read and write: `on_stream<In, Out>(route, fn)` has
    /// `fn(In)` or `fn(In, const request&)`, and its answer is of `Out` (if that is left out, of what `fn`
    /// gives). An `In` of `void` is a request whose data does not matter: `fn()`. The data of a request
    /// and its answers are of the MIME types that the request says, or the connection's; an answer in
    /// another one, as there is no codec for that and nothing was said of what is accepted, says so in the
    /// metadata of its first payload. A request that does not decode, or wants answers of a type that there
    /// is no codec for, fails with INVALID and never reaches `fn`.
    template <class... Types, class Fn>
    void on_stream(std::string route, Fn fn) {
        streams_.insert_or_assign(
            std::move(route), make<stream>(with_types<stream, list<Types...>>(std::move(fn))));
    }
    /// `fn` also gets the peer's items, the first of them the request's own: `fn(request, payload_stream)`,
    /// with types `fn(typed_stream<In>)` or `fn(typed_stream<In>, const request&)`.
    template <class... Types, class Fn>
    void on_channel(std::string route, Fn fn) {
        channels_.insert_or_assign(
            std::move(route),
            make<stream, payload_stream>(
                with_types<stream, list<Types...>, payload_stream>(std::move(fn))));
    }
    template <class... Types, class Fn>
    void on_response(std::string route, Fn fn) {
        responses_.insert_or_assign(
            std::move(route), make<payload>(with_types<payload, list<Types...>>(std::move(fn))));
    }
    template <class... Types, class Fn>
    void on_fire_and_forget(std::string route, Fn fn) {
        static_assert(sizeof...(Types) <= 1, "on_fire_and_forget<In>: there is no answer");
        forgets_.insert_or_assign(
            std::move(route), make<void>(with_types<void, list<Types...>>(std::move(fn))));
    }
    /// What the peer pushes as metadata of the connection.
    void on_metadata_push(std::function<void(std::string)> fn) { pushed_ = std::move(fn); }

    const stream_handler* find_stream(const std::string& route) const {
        return find(streams_, route);
    }
    const channel_handler* find_channel(const std::string& route) const {
        return find(channels_, route);
    }
    const response_handler* find_response(const std::string& route) const {
        return find(responses_, route);
    }
    const forget_handler* find_forget(const std::string& route) const {
        return find(forgets_, route);
    }
    void pushed(std::string metadata) const {
        if (pushed_)
            pushed_(std::move(metadata));
    }

private:
    template <class...>
    struct list {};

    template <class R, class Types, class... Items, class Fn>
    static auto with_types(Fn fn) {
        return with(
            Types(), std::type_identity<R>(), std::type_identity<void(Items...)>(), std::move(fn));
    }
    template <class R, class Items, class Fn>
    static Fn with(list<>, R, Items, Fn fn) {
        return fn;
    }
    template <class In, class R, class... Items, class Fn>
    static auto
    with(list<In>, std::type_identity<R> r, std::type_identity<void(Items...)> items, Fn fn) {
        using result = detail::awaited_t<detail::typed_result_t<In, Fn, Items...>>;
        return with(list<In, typename detail::given<R, result>::type>(), r, items, std::move(fn));
    }
    template <class In, class Out, class R, class... Items, class Fn>
    static auto
    with(list<In, Out>, std::type_identity<R>, std::type_identity<void(Items...)>, Fn fn) {
        return detail::typed_handler<R, In, Out, Items...>(std::move(fn));
    }

    template <class R, class... Args, class Fn>
    static handler<R, Args...> make(Fn fn) {
        using result = std::invoke_result_t<Fn&, request, Args...>;
        if constexpr (std::is_same_v<result, asio::awaitable<R>>)
            return std::function<asio::awaitable<R>(request, Args...)>(std::move(fn));
        else if constexpr (std::is_void_v<R> || std::is_same_v<result, R>)
            return std::function<R(request, Args...)>(std::move(fn));
        else
            return std::function<R(request, Args...)>(
                [fn = std::move(fn)](request r, Args... args) mutable {
                    return R(fn(std::move(r), std::move(args)...));
                });
    }

    template <class Map>
    static const typename Map::mapped_type* find(const Map& map, const std::string& route) {
        auto found = map.find(route);
        if (found == map.end())
            found = map.find(any);
        return found == map.end() ? nullptr : &found->second;
    }

    std::map<std::string, stream_handler> streams_;
    std::map<std::string, channel_handler> channels_;
    std::map<std::string, response_handler> responses_;
    std::map<std::string, forget_handler> forgets_;
    std::function<void(std::string)> pushed_;
};

} // namespace streamx::rsocket
