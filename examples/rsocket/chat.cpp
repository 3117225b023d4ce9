// A chat over an RSocket channel: what one member says goes up, what all say comes down.
//
//   rsocket_chat serve [URL]      (by default tcp://127.0.0.1:0)
//   rsocket_chat join URL NAME    says the lines of stdin, prints what is said until it is stopped

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using rsocket::payload;
using room = streamx::broadcast<payload>;

/// A slow member misses the oldest of what is said; nobody waits for it.
constexpr auto member = [] {
    return streamx::subscribe_options<payload>{
        .overflow = streamx::overflow::drop_oldest, .capacity = 100};
};

asio::awaitable<void> hear(rsocket::payload_stream said, room& r) {
    while (auto item = co_await said.next())
        co_await r.put(*std::move(item));
}

void serve(asio::io_context& context, const std::string& url) {
    room r(context.get_executor());
    rsocket::server server(context.get_executor());
    server.on_channel("chat", [&](const rsocket::request&, rsocket::payload_stream said) {
        auto heard = r.subscribe(member()); // before the first word, so that a member hears itself
        asio::co_spawn(context, hear(std::move(said), r), asio::detached);
        return heard;
    });
    std::cout << server.listen(url) << std::endl;
    context.run();
}

asio::awaitable<void> join(std::string url, std::string name) {
    const rsocket::client_options options;
    auto client = co_await rsocket::async_connect(std::move(url), options, asio::use_awaitable);
    const auto ex = co_await asio::this_coro::executor;
    auto said = streamx::io::lines(asio::posix::stream_descriptor(ex, ::dup(STDIN_FILENO))) |
                streamx::map([name](std::string_view line) {
                    return payload(name + ": " + std::string(line));
                });
    auto heard = client.request_channel("chat", std::move(said));
    while (const auto item = co_await heard.next())
        std::cout << item->data << std::endl;
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    asio::io_context context(1);
    if (what == "serve" && argc <= 3) {
        serve(context, argc > 2 ? argv[2] : "tcp://127.0.0.1:0");
    } else if (what == "join" && argc == 4) {
        asio::co_spawn(context, join(argv[2], argv[3]), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();
    } else {
        std::cerr << "rsocket_chat serve [URL] | join URL NAME\n";
        return 2;
    }
}
