#pragma once

#include "session_support.hpp"

#include <streamx/operators/on.hpp>
#include <streamx/rsocket/json.hpp>
#include <streamx/sources/from_range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {

using testing::memory_stream;

struct query {
    std::string symbol;
    int items = 0;
};
struct quote {
    std::string symbol;
    int price = 0;

    friend bool operator==(const quote&, const quote&) = default;
};

inline void tag_invoke(boost::json::value_from_tag, boost::json::value& v, const query& q) {
    v = {{"symbol", q.symbol}, {"items", q.items}};
}
inline query tag_invoke(boost::json::value_to_tag<query>, const boost::json::value& v) {
    return {boost::json::value_to<std::string>(v.at("symbol")), v.at("items").to_number<int>()};
}
inline void tag_invoke(boost::json::value_from_tag, boost::json::value& v, const quote& q) {
    v = {{"symbol", q.symbol}, {"price", q.price}};
}
inline quote tag_invoke(boost::json::value_to_tag<quote>, const boost::json::value& v) {
    return {boost::json::value_to<std::string>(v.at("symbol")), v.at("price").to_number<int>()};
}

/// A client and a server, connected in memory.
struct typed_fixture : memory_fixture {
    asio::awaitable<client> connect() {
        auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        co_return co_await async_connect(
            io::transport(std::move(mine)), asking, asio::use_awaitable);
    }

    template <class T>
    any_stream<T> items(std::vector<T> list) {
        return from_range(std::move(list)) | on(ctx.get_executor());
    }
    template <class S>
    static asio::awaitable<std::vector<item_t<S>>> every(S s) {
        std::vector<item_t<S>> got;
        while (auto item = co_await s.next())
            got.push_back(*std::move(item));
        co_return got;
    }

    /// What an operation throws.
    template <class T>
    static asio::awaitable<std::pair<error_code, std::string>> failure(asio::awaitable<T> op) {
        try {
            co_await std::move(op);
        } catch (const system_error& e) {
            co_return std::pair(e.code(), std::string(e.what()));
        }
        co_return std::pair(error_code(), std::string());
    }
};

} // namespace streamx::rsocket
