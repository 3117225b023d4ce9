// A server that asks its clients: workers connect to it, and it hands on to them what others ask of it.
//
//   rsocket_workers serve [URL]       (by default tcp://127.0.0.1:0)
//   rsocket_workers work URL NAME     does what it is asked for, until it is stopped
//   rsocket_workers ask URL N         prints the squares of 1 to N, and who has computed them

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/json.hpp>
#include <streamx/rsocket/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>
#include <boost/system/system_error.hpp>

#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using asio::use_awaitable;

struct result {
    int square = 0;
    std::string by;
};
BOOST_DESCRIBE_STRUCT(result, (), (square, by))

using crew = std::deque<rsocket::requester>;

/// Asks the next worker; one that is gone is not asked again.
asio::awaitable<result> hand_on(crew& workers, int n) {
    while (!workers.empty()) {
        auto worker = workers.front();
        workers.pop_front();
        try {
            auto done = co_await worker.async_request_response<result>("square", n, use_awaitable);
            workers.push_back(std::move(worker));
            co_return done;
        } catch (const boost::system::system_error& e) {
            std::cerr << "a worker is gone: " << e.what() << std::endl;
        }
    }
    throw std::runtime_error("there are no workers");
}

void serve(asio::io_context& context, const std::string& url) {
    crew workers;
    rsocket::server server(context.get_executor());
    // [serve]
    server.on_connect([&](const rsocket::connected_client& client) {
        if (client.setup.data == "worker")
            workers.push_back(client.peer);
    });
    server.on_response<int, result>("square", [&](int n) { return hand_on(workers, n); });
    // [/serve]
    std::cout << server.listen(url) << std::endl;
    context.run();
}

asio::awaitable<void> work(std::string url, std::string name) {
    rsocket::client_options options;
    options.setup.data = "worker";
    // [work]
    options.responder = std::make_shared<rsocket::router>();
    options.responder->on_response<int, result>(
        "square", [name](int n) { return result{n * n, name}; });
    auto client = co_await rsocket::async_connect(std::move(url), options, use_awaitable);
    // [/work]
    std::cout << "ready" << std::endl;
    co_await client.async_wait_closed(use_awaitable);
}

asio::awaitable<void> ask(std::string url, int n) {
    auto client = co_await rsocket::async_connect(std::move(url), use_awaitable);
    for (int i = 1; i <= n; ++i) {
        const auto r = co_await client.async_request_response<result>("square", i, use_awaitable);
        std::cout << i << ": " << r.square << " by " << r.by << '\n';
    }
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    asio::io_context context(1);
    const auto check = [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    };
    if (what == "serve" && argc <= 3) {
        serve(context, argc > 2 ? argv[2] : "tcp://127.0.0.1:0");
    } else if (what == "work" && argc == 4) {
        asio::co_spawn(context, work(argv[2], argv[3]), check);
        context.run();
    } else if (what == "ask" && argc == 4) {
        asio::co_spawn(context, ask(argv[2], std::stoi(argv[3])), check);
        context.run();
    } else {
        std::cerr << "rsocket_workers serve [URL] | work URL NAME | ask URL N\n";
        return 2;
    }
}
