#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::rsocket {

/// A request as its handler gets it.
struct request {
    std::string route;
    payload message;           ///< of a channel: its first item, which is also the stream's first
    request_metadata metadata; ///< what the metadata of `message` says
    std::string data_type;     ///< MIME type of the data: the request's own, or the connection's
};

/// What answers requests, by their route. A handler may return its answer or an `asio::awaitable` of
/// it, which is spawned on the connection's executor and cancelled when the peer cancels. What a
/// handler or its stream throws fails the request with APPLICATION_ERROR and the exception's `what()`;
/// a `system_error` with an `rsocket::errc` or one of the application's own codes fails it with that.
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
    template <class Fn>
    void on_stream(std::string route, Fn fn) {
        streams_.insert_or_assign(std::move(route), make<stream>(std::move(fn)));
    }
    template <class Fn>
    void on_channel(std::string route, Fn fn) {
        channels_.insert_or_assign(std::move(route), make<stream, payload_stream>(std::move(fn)));
    }
    template <class Fn>
    void on_response(std::string route, Fn fn) {
        responses_.insert_or_assign(std::move(route), make<payload>(std::move(fn)));
    }
    template <class Fn>
    void on_fire_and_forget(std::string route, Fn fn) {
        forgets_.insert_or_assign(std::move(route), make<void>(std::move(fn)));
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
