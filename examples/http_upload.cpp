// An upload of one JSON text a line goes to a slow disk in chunks of 100 lines. Nothing piles up here: what
// the disk has not taken is not read, so TCP holds the client back.
//
//   http_upload FILE [PORT]      then: curl -T big.ndjson http://127.0.0.1:PORT/
//                                and:  curl http://127.0.0.1:PORT/   to have it back, as slowly as you like

#include <streamx/io/http.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/operators/chunks.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace io = streamx::io;
using namespace std::chrono_literals;

asio::awaitable<void> store(std::string path, io::http_exchange& x) {
    std::ofstream disk(path);
    std::size_t lines = 0, writes = 0;
    auto chunks = co_await x.items<io::line_codec>() | streamx::chunks(100);
    while (auto chunk = co_await chunks.next()) {
        for (const auto& line : *chunk)
            disk << line << '\n';
        lines += chunk->size();
        ++writes;
        co_await streamx::sleep_for(5ms); // a slow disk
    }
    disk.flush();
    co_await x.respond(
        disk ? 200 : 500,
        "text/plain",
        std::to_string(lines) + " lines in " + std::to_string(writes) + " writes\n");
}

asio::awaitable<void> give_back(std::string path, io::http_exchange& x) {
    std::ifstream disk(path);
    auto out = x.stream<io::line_codec>("application/x-ndjson");
    for (std::string line; std::getline(disk, line);)
        co_await out.send(std::move(line)); // waits while the client takes no more
}

asio::awaitable<void> answer(std::string path, io::http_exchange& x) {
    const auto& method = x.request().method;
    const bool upload = method == "PUT" || method == "POST";
    return upload ? store(std::move(path), x) : give_back(std::move(path), x);
}

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: http_upload FILE [PORT]\n";
        return EXIT_FAILURE;
    }
    asio::io_context context(1);
    const auto port = static_cast<unsigned short>(argc > 2 ? std::atoi(argv[2]) : 0);
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "http://127.0.0.1:" << acceptor.local_endpoint().port() << "/" << std::endl;
    asio::co_spawn(
        context,
        io::http_serve(acceptor, [&](io::http_exchange& x) { return answer(argv[1], x); }),
        asio::detached);
    context.run();
}
