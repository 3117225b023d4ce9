// A large file worked on in chunks: so many lines at a time, and no more than that in memory whatever the
// size of the file. What is done with a chunk takes a while, and reading waits for it.
//
//   file_in_chunks [<file> [<lines a chunk>]]      (by default LICENSE and 8)
//
// Prints:
//   chunk 1:   8 lines,  359 bytes
//   chunk 2:   8 lines,  404 bytes
//   chunk 3:   5 lines,  313 bytes
//   21 lines, 1076 bytes

#include "lines.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

using chunk = std::vector<std::string>;

std::size_t bytes(const chunk& lines) {
    std::size_t sum = 0;
    for (const auto& line : lines)
        sum += line.size() + 1;
    return sum;
}

/// Stands for what takes its time: a database, another server.
asio::awaitable<void> store(std::size_t number, const chunk& lines) {
    co_await streamx::sleep_for(10ms);
    std::cout << "chunk " << number << ": " << std::setw(3) << lines.size() << " lines, "
              << std::setw(4) << bytes(lines) << " bytes\n";
}

asio::awaitable<void> process_large_file(std::string path, std::size_t size) {
    const auto executor = co_await asio::this_coro::executor;
    auto chunks = lines(path) | streamx::on(executor) | streamx::chunks(size);

    std::size_t number = 0;
    std::size_t all_lines = 0;
    std::size_t all_bytes = 0;
    while (auto next = co_await chunks.next()) {
        co_await store(++number, *next);
        all_lines += next->size();
        all_bytes += bytes(*next);
    }
    std::cout << all_lines << " lines, " << all_bytes << " bytes\n";
}

int main(int argc, char** argv) {
    const std::string path = argc > 1 ? argv[1] : "LICENSE";
    const auto size = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 8;

    asio::io_context context;
    int exit_code = 0;
    asio::co_spawn(
        context,
        [&] { return process_large_file(path, size); },
        [&](std::exception_ptr failure) {
            try {
                if (failure)
                    std::rethrow_exception(failure);
            } catch (const std::exception& e) { // no such file, or chunks of no lines
                std::cerr << "file_in_chunks: " << e.what() << '\n';
                exit_code = 1;
            }
        });
    context.run();
    return exit_code;
}
