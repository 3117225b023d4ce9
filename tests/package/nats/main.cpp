// Connects to where nobody listens: the bridge is linked, and says so.

#include <streamx/nats.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main() {
    boost::asio::io_context ctx;
    streamx::nats::connect_options options;
    options.servers = {"nats://127.0.0.1:1"};
    boost::system::error_code got;
    streamx::nats::async_connect(
        ctx.get_executor(), options, [&](boost::system::error_code ec, streamx::nats::connection) {
            got = ec;
        });
    ctx.run();
    std::cout << got.message() << '\n';
    return got.category() == streamx::nats::client_category() ? 0 : 1;
}
