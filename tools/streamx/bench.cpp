#include "commands.hpp"

#include <streamx/rsocket/client.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;

namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point began) {
    return std::chrono::duration<double>(steady::now() - began).count();
}

/// On a terminal, a line of its own: also when it does not get to its end.
class progress_bar {
public:
    explicit progress_bar(std::uint64_t of) : of_(std::max<std::uint64_t>(of, 1)) {}
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar() { end(); }

    void show(std::uint64_t at) {
        constexpr std::uint64_t width = 40;
        if (::isatty(STDERR_FILENO) == 0)
            return;
        const auto filled = static_cast<std::size_t>(at * width / of_);
        const auto bar = std::string(filled, '=') + std::string(width - filled, ' ');
        std::fprintf(stderr, "\r[%s]", bar.c_str());
        open_ = true;
    }
    void end() {
        if (std::exchange(open_, false))
            std::fputc('\n', stderr);
    }

private:
    std::uint64_t of_;
    bool open_ = false;
};

} // namespace

/// The stream `bench` for messages a second, the response `echo` for round trips.
asio::awaitable<void> bench(const arguments& a) {
    auto client = co_await connect(a);
    progress_bar progress(a.messages);
    auto items = client.request_stream("bench");
    const auto began = steady::now();
    std::uint64_t got = 0;
    while (got != a.messages) {
        auto item = co_await items.next();
        if (!item)
            break;
        if (++got % (a.messages / 40 + 1) == 0)
            progress.show(got);
    }
    const double took = seconds_since(began);
    if (got == a.messages)
        progress.show(got);
    progress.end();

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
    char said[256];
    std::snprintf(
        said,
        sizeof said,
        a.json
            ? "{\"messages\":%llu,\"per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%."
              "1f}\n"
            : "%llu messages, %.0f a second; round trip: p50 %.1f us, p99 %.1f us, max %.1f us\n",
        static_cast<unsigned long long>(got),
        static_cast<double>(got) / took,
        percentile(0.5),
        percentile(0.99),
        trips.back());
    write_out(said);
}
