// Many URLs of a server that asks for no more than so many requests a second: 40 a second, three of them
// at once, and at most four that wait for their answer. The answers come in the order of the URLs. A page
// that is not there is an answer too, and a server that does not answer is an item, not the end.
//
// The server is a real one, on a port of the loopback.
//
// Prints:
//   /page/0   200  This is page 0.
//   /page/1   200  This is page 1.
//   /page/2   200  This is page 2.
//   /page/3   200  This is page 3.
//   /page/4   200  This is page 4.
//   /page/5   200  This is page 5.
//   /page/6   200  This is page 6.
//   /page/7   200  This is page 7.
//   /page/8   200  This is page 8.
//   /page/9   200  This is page 9.
//   /page/10  404  No such page.
//   /gone     Connection refused
//   The server never had more than 4 requests at once: yes
//   It took at least as long as the limit asks for: yes

#include "http.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr int rate = 40;
constexpr int burst = 3;
constexpr int at_once = 4;

struct url {
    tcp::endpoint server;
    std::string target;
};

struct fetched {
    std::string target;
    streamx::result<answer, boost::system::error_code> got;
};

asio::awaitable<fetched> fetch(url from) {
    try {
        auto page = co_await get(from.server, from.target);
        co_return fetched{from.target, std::move(page)};
    } catch (const boost::system::system_error& e) {
        co_return fetched{from.target, e.code()};
    }
}

void print(const fetched& page) {
    std::cout << std::left << std::setw(10) << page.target;
    if (page.got)
        std::cout << page.got->status << "  " << page.got->body << '\n';
    else
        std::cout << page.got.error().message() << '\n';
}

/// A port that nobody listens on.
tcp::endpoint nobody(asio::io_context& context) {
    return tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0}).local_endpoint();
}

asio::awaitable<void> run(asio::io_context& context, page_server& server) {
    std::vector<url> urls;
    for (int i = 0; i <= 10; ++i)
        urls.push_back({server.endpoint(), "/page/" + std::to_string(i)});
    urls.push_back({nobody(context), "/gone"});
    const auto wait_for = static_cast<int>(urls.size()) - burst; // what cannot go at once

    const auto start = std::chrono::steady_clock::now();
    auto pages = streamx::from_range(std::move(urls)) | streamx::on(context) |
                 streamx::rate_limit(rate, burst) | streamx::map_async(at_once, fetch);
    co_await streamx::async_for_each(std::move(pages), print, asio::use_awaitable);
    const auto took = std::chrono::steady_clock::now() - start;

    std::cout << "The server never had more than " << at_once
              << " requests at once: " << (server.most_at_once() <= at_once ? "yes" : "no") << '\n'
              << "It took at least as long as the limit asks for: "
              << (took >= wait_for * 1s / rate ? "yes" : "no") << '\n';
    server.close();
}

int main() {
    asio::io_context context;
    page_server server(context.get_executor());
    asio::co_spawn(context, server.run(), asio::detached);
    asio::co_spawn(context, run(context, server), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run();
}
