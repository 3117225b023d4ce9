// Sends a file to whoever listens at an address. However slow that is and however large the file: there
// is never more of it in memory than the outbox holds.
//
//   $ nc -l -p 7000 > copy &
//   $ streamx_example_file_to_tcp 127.0.0.1 7000 some/file

// [file_to_tcp]
#include <streamx/io.hpp>
#include <streamx/sources/unfold.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace io = streamx::io;

std::optional<std::string> read_block(std::ifstream& file) {
    std::string block(64 * 1024, '\0');
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    block.resize(static_cast<std::size_t>(file.gcount()));
    return block.empty() ? std::nullopt : std::optional(std::move(block));
}

asio::awaitable<void> send(std::string path, std::string host, std::string port) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + path);
    auto out = io::bytes_sink(co_await io::resolve_and_connect(host, port));
    co_await streamx::forward_to(
        streamx::unfold(std::move(file), read_block), out, asio::use_awaitable);
    co_await out.async_close(asio::use_awaitable); // all is written, and the end told
}
// [/file_to_tcp]

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: file_to_tcp <host> <port> <file>\n";
        return 2;
    }
    int result = 0;
    asio::io_context context;
    asio::co_spawn(context, send(argv[3], argv[1], argv[2]), [&](std::exception_ptr failure) {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (const boost::system::system_error& e) {
            std::cerr << "file_to_tcp: " << e.code().message() << '\n'; // e.what() says where, too
            result = 1;
        } catch (const std::exception& e) {
            std::cerr << "file_to_tcp: " << e.what() << '\n';
            result = 1;
        }
    });
    context.run();
    return result;
}
