#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>

// As much HTTP as the example needs, with Boost.Beast.

struct answer {
    unsigned status = 0;
    std::string body;
};

/// One GET over a connection of its own. Throws `boost::system::system_error`.
boost::asio::awaitable<answer> get(boost::asio::ip::tcp::endpoint server, std::string target);

/// A server that has the pages /page/0 to /page/9 and answers 404 to all else.
class page_server {
public:
    explicit page_server(const boost::asio::any_io_executor& executor);

    boost::asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

    /// How many requests it answers at the same time, at most, so far.
    int most_at_once() const { return most_; }

    /// Accepts until `close`.
    boost::asio::awaitable<void> run();
    void close() { acceptor_.close(); }

private:
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

    boost::asio::ip::tcp::acceptor acceptor_;
    int now_ = 0;
    int most_ = 0;
};
