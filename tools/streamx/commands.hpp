#pragma once

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/server.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What the command line says.
struct arguments {
    std::vector<std::string> urls;
    std::vector<std::string> routes; // NAME=SOURCE of serve
    std::string url, out_url, route, payload;
    std::string token;
    std::string ca, certificate, key; // files
    bool insecure = false;
    std::uint32_t keepalive = 10'000; // milliseconds
    std::uint64_t take = UINT64_MAX;
    std::uint32_t request = 256;
    std::uint64_t messages = 1'000'000;
    std::size_t size = 16;
    bool json = false;
    bool channel = false;
};

/// What the tool ends with: scripts branch on it.
enum exit_code { done = 0, failed = 1, usage = 2, unreachable = 3, refused = 4 };

/// What the command line says cannot be.
struct bad_command_line : std::invalid_argument {
    using invalid_argument::invalid_argument;
};

/// Thrown when nobody reads what is printed any more, or SIGINT comes while nobody does.
struct output_closed {};

streamx::rsocket::server_options server_options_of(const arguments& a);

/// Connects to `url`, and listens at one; a failure names it.
boost::asio::awaitable<streamx::rsocket::client> connect(const arguments& a);
std::string listen(streamx::rsocket::server& server, const arguments& a, const std::string& url);

/// stdin to be read by Asio, which makes it non-blocking: of a terminal not the one that stdout and the
/// shell have too.
int own_stdin();

/// Prints, without holding anything back.
void write_out(std::string_view text);

/// One line of output, as text or as a JSON object.
void print_item(const arguments& a, const std::string& data);

boost::asio::awaitable<void> serve(const arguments& a);
boost::asio::awaitable<void> sub(const arguments& a);
boost::asio::awaitable<void> pub(const arguments& a);
boost::asio::awaitable<void> request(const arguments& a);
boost::asio::awaitable<void> bench(const arguments& a);
boost::asio::awaitable<void> relay(const arguments& a);
