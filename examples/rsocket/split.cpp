// One pipeline, in one process or in two: its halves do not know. A consumer that is slow stops the
// producer either way.
//
//   rsocket_split                 both halves here
//   rsocket_split produce [URL]   the first half, for whoever wants it (by default tcp://127.0.0.1:0)
//   rsocket_split consume URL     the second half
//
// Prints:
//   1000 readings, 20 of them too hot, the hottest 99 degrees

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using readings = streamx::any_stream<rsocket::payload>;

readings produce(asio::any_io_executor ex) {
    return streamx::range(0, 1000) | streamx::on(ex) |
           streamx::map([](int i) { return rsocket::payload(std::to_string(i * 37 % 100)); });
}

asio::awaitable<void> consume(readings in) {
    auto degrees = std::move(in) | streamx::map([](const auto& r) { return std::stoi(r.data); });
    int all = 0, hot = 0, hottest = 0;
    while (const auto t = co_await degrees.next()) {
        ++all;
        hot += *t >= 98 ? 1 : 0;
        hottest = std::max(hottest, *t);
    }
    std::cout << all << " readings, " << hot << " of them too hot, the hottest " << hottest
              << " degrees\n";
}

asio::awaitable<void> consume_from(std::string url) {
    const rsocket::client_options options;
    auto client = co_await rsocket::async_connect(std::move(url), options, asio::use_awaitable);
    co_await consume(client.request_stream("readings"));
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    asio::io_context context(1);
    const auto ex = context.get_executor();
    const auto check = [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    };
    if (what == "produce") {
        rsocket::server server(ex);
        server.on_stream("readings", [ex](const rsocket::request&) { return produce(ex); });
        std::cout << server.listen(argc > 2 ? argv[2] : "tcp://127.0.0.1:0") << std::endl;
        context.run();
    } else {
        asio::co_spawn(
            context, what == "consume" ? consume_from(argv[2]) : consume(produce(ex)), check);
        context.run();
    }
}
