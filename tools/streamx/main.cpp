// The command-line tool `streamx`: serve, subscribe to, publish, ask, measure and relay RSocket streams.

#include "commands.hpp"

#include <streamx/core/error.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/url.hpp>
#include <streamx/version.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <string>

namespace asio = boost::asio;

namespace {

using command = asio::awaitable<void> (*)(const arguments&);

int code_of(const boost::system::error_code& ec) {
    using streamx::rsocket::errc;
    if (ec == errc::rejected_setup || ec == errc::rejected || ec == errc::invalid_setup ||
        ec == errc::unsupported_setup)
        return refused;
    if (ec.category() == streamx::rsocket::url_category())
        return usage;
    if (ec == asio::error::connection_refused || ec == asio::error::host_unreachable ||
        ec == asio::error::network_unreachable || ec == asio::error::timed_out ||
        ec == streamx::errc::handshake_timeout ||
        ec == boost::system::errc::no_such_file_or_directory ||
        ec.category() == asio::error::get_netdb_category() ||
        ec.category() == asio::error::get_addrinfo_category()) // names that nobody knows
        return unreachable;
    return failed;
}

/// What a failure says, without the number of its code and the place in the source that Boost adds.
std::string plain(const boost::system::system_error& e) {
    std::string text = e.what();
    text.resize(
        std::min(text.size(), text.find(std::string(" [") + e.code().category().name() + ':')));
    const auto message = e.code().message();
    if (e.code() == asio::error::eof && text.ends_with(message))
        text.replace(
            text.size() - message.size(), message.size(), "the server has closed the connection");
    return text;
}

int say(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const output_closed&) {
        return done; // who read our output has had enough
    } catch (const bad_command_line& e) {
        std::cerr << "streamx: " << e.what() << '\n';
        return usage;
    } catch (const boost::system::system_error& e) {
        std::cerr << "streamx: " << plain(e) << '\n';
        return code_of(e.code());
    } catch (const std::exception& e) {
        std::cerr << "streamx: " << e.what() << '\n';
        return failed;
    }
}

/// Runs a command until it is done or SIGINT or SIGTERM comes.
int run(command what, const arguments& a) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context ctx;
    asio::signal_set signals(ctx, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code ec, int) {
        if (!ec && what != serve) // which ends by itself, in good order
            ctx.stop();
    });
    int code = done;
    asio::co_spawn(ctx, what(a), [&](std::exception_ptr failure) {
        if (failure)
            code = say(failure);
        ctx.stop();
    });
    ctx.run();
    return code;
}

} // namespace

int main(int argc, char** argv) {
    arguments a;
    command what = nullptr;
    CLI::App app("RSocket streams on the command line");
    app.require_subcommand(1);
    app.set_version_flag("--version", "streamx " + std::string(streamx::version()));
    const auto add = [&](const char* name, const char* help, command fn) {
        auto* sub = app.add_subcommand(name, help);
        sub->add_option(
               "--token", a.token, "bearer token: asked of clients, or shown to the server")
            ->check([](const std::string& token) { // of a variable that is not set, perhaps
                return token.empty() ? "an empty one is none" : "";
            });
        sub->callback([&what, fn] { what = fn; });
        return sub;
    };

    const auto shows_certificate = [&](CLI::App* sub) {
        sub->add_option("--cert", a.certificate, "PEM file with the certificate for tls and wss")
            ->check(CLI::ExistingFile);
        sub->add_option("--key", a.key, "PEM file with its key, if that is another file")
            ->check(CLI::ExistingFile);
    };
    const auto asks_certificate = [&](CLI::App* sub) {
        sub->add_option("--ca", a.ca, "PEM file: who signs the server's certificate")
            ->check(CLI::ExistingFile);
        sub->add_flag("--insecure", a.insecure, "take any certificate for tls and wss");
        sub->add_option("--keepalive", a.keepalive, "milliseconds between two signs of life")
            ->check(CLI::Range(1U, 0x7FFF'FFFFU));
    };

    auto* serving = add("serve", "serve sources as streams", serve);
    serving
        ->add_option(
            "URL",
            a.urls,
            "tcp://host:port, tls://host:port, unix:///path, ws://host:port/path, wss://...")
        ->required();
    shows_certificate(serving);
    serving
        ->add_option(
            "--route",
            a.routes,
            "NAME=SOURCE: stdin, file:PATH, tail:PATH, count:N, ticks:MS, echo, sink")
        ->allow_extra_args(false) // what stands behind it is a URL
        ->required();

    const auto asks = [&](CLI::App* sub, bool with_route) {
        sub->add_option("URL", a.url)->required();
        if (with_route)
            sub->add_option("ROUTE", a.route)->required();
        sub->add_flag("--json", a.json, "each item as a JSON object");
        sub->add_option("--request", a.request, "items that may be on their way")
            ->check(CLI::Range(1U, 0x7FFF'FFFFU));
        asks_certificate(sub);
        return sub;
    };
    auto* subscribing = asks(add("sub", "print the items of a stream, one a line", sub), true);
    subscribing->add_option("--take", a.take, "stop after so many");
    auto* publishing = asks(add("pub", "send the lines of stdin", pub), true);
    publishing->add_flag("--channel", a.channel, "as one channel, whose answers are printed");
    auto* asking = asks(add("request", "ask for one payload and print it", request), true);
    asking->add_option("PAYLOAD", a.payload);
    auto* measuring =
        asks(add("bench", "measure a server that has `count:N` as `bench`", bench), false);
    measuring->add_option(
        "--messages", a.messages, "so many of `bench`, then round trips of `echo`");
    measuring->add_option("--size", a.size, "bytes of each round trip");
    auto* relaying = add("relay", "serve, at one URL, the routes of another", relay);
    relaying->add_option("IN", a.url, "where the streams come from")->required();
    relaying->add_option("OUT", a.out_url, "where they are served")->required();
    asks_certificate(relaying);
    shows_certificate(relaying);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) // it has been asked for help
            return app.exit(e);
        const auto rest = app.remaining();
        if (!what && !rest.empty())
            std::cerr << "streamx: there is no command " << rest.front() << '\n';
        else
            std::cerr << "streamx: " << e.what() << '\n';
        return usage;
    }
    try {
        return run(what, a);
    } catch (...) {
        return say(std::current_exception());
    }
}
