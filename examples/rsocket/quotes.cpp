// Values instead of payloads: a stream of quotes, in JSON.
//
//   rsocket_quotes serve [URL]            (by default tcp://127.0.0.1:0)
//   rsocket_quotes watch URL SYMBOL N     prints N quotes

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/json.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;

// [types]
struct query {
    std::string symbol;
    int items = 0;
};
struct quote {
    std::string symbol;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(query, (), (symbol, items)) // which Boost.JSON reads and writes
BOOST_DESCRIBE_STRUCT(quote, (), (symbol, price))
// [/types]

void serve(asio::io_context& context, const std::string& url) {
    rsocket::server server(context.get_executor());
    // [serve]
    server.on_stream<query, quote>("quotes", [&](const query& q) {
        return streamx::range(1, q.items + 1) | streamx::on(context.get_executor()) |
               streamx::map([symbol = q.symbol](int i) { return quote{symbol, 100 + i * 0.25}; });
    });
    // [/serve]
    std::cout << server.listen(url) << std::endl;
    context.run();
}

asio::awaitable<void> watch(std::string url, query q) {
    auto client = co_await rsocket::async_connect(std::move(url), asio::use_awaitable);
    // [watch]
    auto quotes = client.request_stream<quote>("quotes", q);
    while (const auto item = co_await quotes.next())
        std::cout << item->symbol << ' ' << item->price << '\n';
    // [/watch]
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    asio::io_context context(1);
    if (what == "serve" && argc <= 3) {
        serve(context, argc > 2 ? argv[2] : "tcp://127.0.0.1:0");
    } else if (what == "watch" && argc == 5) {
        const query q{argv[3], std::stoi(argv[4])};
        asio::co_spawn(context, watch(argv[2], q), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();
    } else {
        std::cerr << "rsocket_quotes serve [URL] | watch URL SYMBOL N\n";
        return 2;
    }
}
