#include "http.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

asio::awaitable<answer> get(tcp::endpoint server, std::string target) {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(server, asio::use_awaitable);

    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, server.address().to_string());
    request.keep_alive(false);
    co_await http::async_write(socket, request, asio::use_awaitable);

    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(socket, buffer, response, asio::use_awaitable);
    co_return answer{response.result_int(), std::move(response.body())};
}

page_server::page_server(const asio::any_io_executor& executor)
    : acceptor_(executor, {asio::ip::address_v4::loopback(), 0}) {}

asio::awaitable<void> page_server::run() {
    for (;;) {
        boost::system::error_code error;
        auto socket =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> page_server::serve(tcp::socket socket) {
    boost::beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    co_await http::async_read(socket, buffer, request, asio::use_awaitable);

    most_ = std::max(most_, ++now_);
    co_await streamx::sleep_for(100ms); // the work of finding the page
    --now_;

    const std::string_view target(request.target().data(), request.target().size());
    const bool found =
        target.size() == 7 && target.starts_with("/page/") && target[6] >= '0' && target[6] <= '9';
    http::response<http::string_body> response(
        found ? http::status::ok : http::status::not_found, 11);
    response.body() =
        found ? "This is page " + std::string(target.substr(6)) + "." : "No such page.";
    response.prepare_payload();
    response.keep_alive(false);
    co_await http::async_write(socket, response, asio::use_awaitable);
}
