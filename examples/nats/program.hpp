#pragma once

// What the programs of this folder have in common: how they connect, and their main.

#include <streamx/nats.hpp>
#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace nats = streamx::nats;
using namespace std::chrono_literals;
using asio::use_awaitable;

// [connect]
/// Connects, and sees to it that the stream is there.
inline asio::awaitable<nats::connection> connect(std::string url, nats::stream_config stream) {
    nats::connect_options options;
    options.servers.assign(1, std::move(url));
    options.name = "the example of " + stream.name; // as `nats server report connections` lists it
    auto c = co_await nats::async_connect(
        co_await asio::this_coro::executor, std::move(options), use_awaitable);
    co_await nats::ensure_stream(c, std::move(stream), use_awaitable);
    co_return c;
}
// [/connect]

using arguments = std::vector<std::string>;

/// Something that a program does: "produce <url> <file>", with a word for each argument.
struct command {
    std::string usage;
    std::function<asio::awaitable<void>(const arguments&)> run;

    bool is_called(const arguments& words) const {
        return !words.empty() && usage.starts_with(words[0] + ' ') &&
               words.size() == static_cast<std::size_t>(std::ranges::count(usage, ' ')) + 1;
    }
};

/// Runs the command that is called; the program's exit code.
inline int
run_program(const std::string& name, int argc, char** argv, const std::vector<command>& commands) {
    const arguments words(argv + 1, argv + argc);
    const auto called =
        std::ranges::find_if(commands, [&](const command& c) { return c.is_called(words); });
    if (called == commands.end()) {
        for (const auto& c : commands)
            std::cerr << name << ' ' << c.usage << '\n';
        return 2;
    }
    asio::io_context context;
    int result = 0;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> { co_await called->run(words); },
        [&](std::exception_ptr failure) {
            try {
                if (failure)
                    std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                std::cerr << name << ": " << e.what() << '\n';
                result = 1;
            }
        });
    context.run();
    return result;
}
