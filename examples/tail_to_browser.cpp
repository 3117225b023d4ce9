// A growing file in a browser: each line that is appended is an event. A browser that comes again gets
// what it has missed, as far as it is kept.
//
//   tail_to_browser FILE [PORT]

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/http.hpp>
#include <streamx/terminals/forward_to.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

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

constexpr std::size_t kept = 1000;

constexpr auto page =
    R"(<!DOCTYPE html><meta charset="utf-8"><title>tail</title><pre id="log"></pre><script>
new EventSource("/events").onmessage = e => {
  document.getElementById("log").append(e.data + "\n");
  scrollTo(0, document.body.scrollHeight);
};
</script>)";

// An event's id is where its line ends in the file.
asio::awaitable<void> follow(std::string path, streamx::broadcast<io::sse_frame>& feed) {
    std::ifstream file(path);
    std::string line;
    for (std::streamoff end = 0;; co_await streamx::sleep_for(100ms)) {
        file.clear();
        file.seekg(end);
        while (std::getline(file, line) && !file.eof()) { // one without its end is not complete yet
            end = file.tellg();
            const io::sse_event event{.data = line, .id = std::to_string(end)};
            co_await feed.put(event);
        }
    }
}

asio::awaitable<void> answer(streamx::broadcast<io::sse_frame>& feed, io::http_exchange& x) {
    if (x.request().path() == "/")
        co_return co_await x.respond(200, "text/html; charset=utf-8", page);
    if (x.request().path() != "/events")
        co_return; // 404
    // A browser that does not keep up is cut off; it comes again and resumes.
    auto lines = io::resume_after(
        feed.subscribe(
            {.overflow = streamx::overflow::disconnect, .capacity = 2 * kept, .replay = kept}),
        x.last_event_id());
    co_await streamx::forward_to(std::move(lines), x.events(), asio::use_awaitable);
}

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: tail_to_browser FILE [PORT]\n";
        return EXIT_FAILURE;
    }
    asio::io_context context(1);
    const auto port = static_cast<unsigned short>(argc > 2 ? std::atoi(argv[2]) : 0);
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "http://127.0.0.1:" << acceptor.local_endpoint().port() << "/" << std::endl;

    streamx::broadcast<io::sse_frame> feed(
        context.get_executor(),
        {.no_subscribers = streamx::no_subscribers::discard, .retain = kept});
    asio::co_spawn(context, follow(argv[1], feed), asio::detached);
    asio::co_spawn(
        context,
        io::http_serve(acceptor, [&](io::http_exchange& x) { return answer(feed, x); }),
        asio::detached);
    context.run();
}
