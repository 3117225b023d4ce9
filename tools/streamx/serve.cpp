#include "commands.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/io/signal_stream.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/rsocket/url.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/sources/unfold.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using rsocket::payload;

namespace {

std::uint64_t
number(const std::string& text, const std::string& of, std::uint64_t least, std::uint64_t most) {
    std::uint64_t n = 0;
    const auto* end = text.data() + text.size();
    const auto [used, ec] = std::from_chars(text.data(), end, n);
    if (ec != std::errc() || used != end || n < least || n > most)
        throw bad_command_line(
            of + ": '" + text + "' is not a number from " + std::to_string(least) + " to " +
            std::to_string(most));
    return n;
}

std::shared_ptr<std::ifstream> open(const std::string& path) {
    auto file = std::make_shared<std::ifstream>(path);
    if (!*file || std::filesystem::is_directory(path)) // which can be opened, and not be read
        throw bad_command_line("cannot read " + path);
    return file;
}

std::optional<payload> next_line(const std::shared_ptr<std::ifstream>& file) {
    std::string line;
    if (!std::getline(*file, line))
        return {};
    return payload{std::move(line)};
}

/// The lines that have been added to a file since the last call, as far as they are complete.
std::vector<payload> new_lines(std::ifstream& file, std::string& rest) {
    std::vector<payload> lines;
    file.clear();
    for (char c; file.get(c);) {
        if (c == '\n')
            lines.push_back({std::exchange(rest, {})});
        else
            rest += c;
    }
    return lines;
}

using lines_of_stdin = streamx::broadcast<payload>;

asio::awaitable<void> read_stdin(std::shared_ptr<lines_of_stdin> to) {
    auto in = streamx::io::lines(
        asio::posix::stream_descriptor(co_await asio::this_coro::executor, own_stdin()));
    for (;;) {
        auto line = co_await in.next();
        if (!line)
            break;
        co_await to->async_put(payload{std::string(*line)}, asio::use_awaitable);
    }
}

/// `lost`: why what comes cannot be printed any more.
void add_route(
    rsocket::server& server,
    const asio::any_io_executor& ex,
    const std::string& name,
    const std::string& source,
    std::exception_ptr& lost) {
    using namespace std::chrono;
    const auto colon = source.find(':');
    const auto kind = source.substr(0, colon);
    const auto rest = colon == std::string::npos ? std::string() : source.substr(colon + 1);
    if (kind == "count") {
        const auto n = number(rest, "count", 0, UINT64_MAX - 1);
        server.on_stream(name, [ex, n](const rsocket::request&) {
            return streamx::range(std::uint64_t{1}, n + 1) | streamx::on(ex) |
                   streamx::map([](std::uint64_t i) { return payload{std::to_string(i)}; });
        });
    } else if (kind == "ticks") {
        const milliseconds every(static_cast<std::int64_t>(number(rest, "ticks", 1, INT32_MAX)));
        server.on_stream(name, [ex, every](const rsocket::request&) {
            return streamx::interval(ex, every) |
                   streamx::map([](auto i) { return payload{std::to_string(i)}; });
        });
    } else if (kind == "file") {
        open(rest); // now, rather than at the first client
        server.on_stream(name, [ex, rest](const rsocket::request&) {
            return streamx::unfold(open(rest), next_line) | streamx::on(ex);
        });
    } else if (kind == "tail") {
        open(rest);
        server.on_stream(name, [ex, rest](const rsocket::request&) {
            auto file = open(rest);
            file->seekg(0, std::ios::end);
            auto partial = std::make_shared<std::string>();
            return streamx::interval(ex, milliseconds(100)) |
                   streamx::flat_map([file, partial](auto) { return new_lines(*file, *partial); });
        });
    } else if (kind == "stdin") {
        auto lines = std::make_shared<lines_of_stdin>(ex);
        asio::co_spawn(ex, read_stdin(lines), [lines](std::exception_ptr failure) {
            failure ? lines->close(std::move(failure)) : lines->close();
        });
        server.on_stream(name, [lines](const rsocket::request&) { return lines->subscribe(); });
    } else if (kind == "echo") {
        server.on_channel(
            name, [](const rsocket::request&, rsocket::payload_stream in) { return in; });
        server.on_response(name, [](const rsocket::request& r) { return payload{r.message.data}; });
    } else if (kind == "sink") {
        server.on_fire_and_forget(name, [&lost](const rsocket::request& r) {
            try {
                write_out(r.message.data + "\n");
            } catch (...) {
                lost = std::current_exception();
                std::raise(SIGTERM); // which ends the server in good order
            }
        });
    } else {
        throw bad_command_line("'" + source + "' is no source: see streamx serve --help");
    }
}

} // namespace

rsocket::server_options server_options_of(const arguments& a) {
    rsocket::server_options options;
    if (!a.token.empty())
        options.authenticator = rsocket::bearer_tokens({a.token});
    if (!a.certificate.empty())
        options.tls.emplace(
            streamx::io::tls_role::server,
            streamx::io::tls_options::server(a.certificate, a.key.empty() ? a.certificate : a.key));
    return options;
}

std::string listen(rsocket::server& server, const arguments& a, const std::string& url) {
    if (rsocket::url::parse(url).secure() && a.certificate.empty())
        throw bad_command_line(url + " needs a certificate: --cert FILE");
    try {
        return server.listen(url);
    } catch (const boost::system::system_error& e) {
        throw std::runtime_error("cannot listen at " + url + ": " + e.code().message());
    }
}

asio::awaitable<void> serve(const arguments& a) {
    const auto ex = co_await asio::this_coro::executor;
    auto options = server_options_of(a);
    options.resume.emplace();
    std::exception_ptr lost;
    rsocket::server server(ex, options);
    for (const auto& route : a.routes) {
        const auto equals = route.find('=');
        if (equals == std::string::npos)
            throw bad_command_line("'" + route + "' is not of the form NAME=SOURCE");
        add_route(server, ex, route.substr(0, equals), route.substr(equals + 1), lost);
    }
    for (const auto& url : a.urls) {
        const auto where = listen(server, a, url);
        std::cerr << "listening on " << where << std::endl;
    }
    streamx::io::signal_stream stop(ex, {SIGINT, SIGTERM});
    co_await stop.next();
    co_await server.async_stop(std::chrono::seconds(2), asio::use_awaitable);
    if (lost)
        std::rethrow_exception(lost);
}
