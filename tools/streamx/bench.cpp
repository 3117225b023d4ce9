#include "commands.hpp"

#include <streamx/rsocket/client.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;

namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point began) {
    return std::chrono::duration<double>(steady::now() - began).count();
}

void show_progress(std::uint64_t at, std::uint64_t of) {
    constexpr int width = 40;
    if (::isatty(STDERR_FILENO) == 0)
        return;
    const auto filled = static_cast<int>(at * width / std::max<std::uint64_t>(of, 1));
    std::fprintf(
        stderr,
        "\r[%s%s]%s",
        std::string(static_cast<std::size_t>(filled), '=').c_str(),
        std::string(static_cast<std::size_t>(width - filled), ' ').c_str(),
        at == of ? "\n" : "");
}

} // namespace

/// The stream `bench` for messages a second, the response `echo` for round trips.
asio::awaitable<void> bench(const arguments& a) {
    auto client = co_await rsocket::async_connect(a.url, client_options_of(a), asio::use_awaitable);
    auto items = client.request_stream("bench");
    const auto began = steady::now();
    std::uint64_t got = 0;
    while (got != a.messages) {
        auto item = co_await items.next();
        if (!item)
            break;
        if (++got % (a.messages / 40 + 1) == 0)
            show_progress(got, a.messages);
    }
    const double took = seconds_since(began);
    show_progress(a.messages, a.messages);

    std::vector<double> trips;
    for (int i = 0; i != 2000; ++i) {
        const auto sent = steady::now();
        co_await client.async_request_response(
            "echo", rsocket::payload{std::string(a.size, 'x')}, asio::use_awaitable);
        trips.push_back(seconds_since(sent) * 1e6);
    }
    std::sort(trips.begin(), trips.end());
    const auto percentile = [&](double p) {
        return trips[static_cast<std::size_t>(p * static_cast<double>(trips.size() - 1))];
    };
    std::printf(
        a.json
            ? "{\"messages\":%llu,\"per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%."
              "1f}\n"
            : "%llu messages, %.0f a second; round trip: p50 %.1f us, p99 %.1f us, max %.1f us\n",
        static_cast<unsigned long long>(got),
        static_cast<double>(got) / took,
        percentile(0.5),
        percentile(0.99),
        trips.back());
}
