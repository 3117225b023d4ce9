// Lines come back over TLS, each from the server that has the certificate. When its files change, SIGHUP
// makes it read them again; connections that there are stay.
//
//   tls_echo CERTIFICATE KEY [PORT]      then: openssl s_client -connect 127.0.0.1:PORT

#include <streamx/io/accept_stream.hpp>
#include <streamx/io/framed.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/signal_stream.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <utility>

namespace asio = boost::asio;
namespace io = streamx::io;

asio::awaitable<void> echo(asio::ip::tcp::socket socket, const io::tls_context& context) {
    auto tls = co_await io::async_tls_accept(std::move(socket), context, asio::use_awaitable);
    auto [in, out] = io::framed<io::line_codec>(io::transport(std::move(tls)));
    co_await streamx::forward_to(std::move(in), std::move(out), asio::use_awaitable);
}

asio::awaitable<void> serve(asio::ip::tcp::acceptor& acceptor, const io::tls_context& context) {
    auto connections = io::accept_stream(acceptor);
    while (auto socket = co_await connections.next())
        asio::co_spawn(
            acceptor.get_executor(), echo(*std::move(socket), context), [](std::exception_ptr e) {
                if (e)
                    std::cerr << streamx::to_error_code(e).message() << std::endl;
            });
}

asio::awaitable<void> reload(asio::any_io_executor ex, io::tls_context& context) {
    auto signals = io::signal_stream(ex, {SIGHUP});
    while (co_await signals.next()) {
        try {
            context.reload();
        } catch (const std::exception& e) {
            std::cerr << e.what() << std::endl; // and go on with what there is
        }
    }
}

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: tls_echo CERTIFICATE KEY [PORT]\n";
        return EXIT_FAILURE;
    }
    try {
        io::tls_context tls(io::tls_role::server, io::tls_options::server(argv[1], argv[2]));
        asio::io_context context(1);
        const auto port = static_cast<unsigned short>(argc > 3 ? std::atoi(argv[3]) : 0);
        asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
        std::cout << "127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
        asio::co_spawn(context, serve(acceptor, tls), asio::detached);
        asio::co_spawn(context, reload(context.get_executor(), tls), asio::detached);
        context.run();
    } catch (const std::exception& e) {
        std::cerr << "tls_echo: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
}
