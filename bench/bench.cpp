#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

namespace streamx::bench {
namespace {

using steady = std::chrono::steady_clock;

struct settings {
    std::string filter;
    std::string exact;
    std::uint64_t items = 0;
    int reps = 7;
    double target_ms = 120;
    bool list = false;
    bool unchecked = false;
};

settings options;
steady::duration excluded{};

double as_ns(steady::duration d) { return std::chrono::duration<double, std::nano>(d).count(); }

/// The part behind `key`, if `argument` starts with it.
const char* value_of(const char* argument, std::string_view key) {
    return std::string_view(argument).starts_with(key) ? argument + key.size() : nullptr;
}

} // namespace

void init(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const char* const arg = argv[i];
        if (auto filter = value_of(arg, "--filter="))
            options.filter = filter;
        else if (auto exact = value_of(arg, "--exact="))
            options.exact = exact;
        else if (auto items = value_of(arg, "--items="))
            options.items = std::strtoull(items, nullptr, 10);
        else if (auto reps = value_of(arg, "--reps="))
            options.reps = std::max(1, std::atoi(reps));
        else if (auto ms = value_of(arg, "--target-ms="))
            options.target_ms = std::max(1.0, std::atof(ms));
        else if (std::string_view(arg) == "--list")
            options.list = true;
        else if (std::string_view(arg) == "--unchecked")
            options.unchecked = true;
        else if (std::string_view(arg) == "--second-thread")
            std::thread([] {}).join();
        else {
            std::fprintf(stderr, "no such option: %s\n", arg);
            std::exit(2);
        }
    }
}

bool selected(const std::string& name) {
    const bool wanted = options.exact.empty() ? name.find(options.filter) != std::string::npos
                                              : name == options.exact;
    if (wanted && options.list)
        std::printf("%s\n", name.c_str());
    return wanted && !options.list;
}

void run(
    const std::string& name,
    const std::function<std::uint64_t(std::uint64_t)>& body,
    const std::function<std::uint64_t(std::uint64_t)>& expected,
    std::uint64_t multiple) {
    if (!selected(name))
        return;

    auto time = [&](std::uint64_t n) {
        excluded = {};
        const auto began = steady::now();
        const auto sum = body(n);
        const auto took = steady::now() - began - excluded;
        if (!options.unchecked && sum != expected(n)) {
            std::fprintf(
                stderr, "bench=%s: wrong checksum at %ju items\n", name.c_str(), std::uintmax_t(n));
            std::exit(1);
        }
        return as_ns(took);
    };

    std::uint64_t n = options.items / multiple * multiple;
    if (n == 0) {
        constexpr std::uint64_t most = std::uint64_t(1) << 30;
        const double target = options.target_ms * 1e6;
        double took = 0;
        for (n = std::max(multiple, 1024 / multiple * multiple);
             (took = time(n)) < target / 8 && n < most;)
            n *= 4;
        n = std::min(most, std::uint64_t(double(n) * target / took));
        n = std::max(multiple, n / multiple * multiple);
    }

    std::vector<double> ns;
    for (int i = 0; i < options.reps; ++i)
        ns.push_back(time(n) / double(n));
    std::ranges::sort(ns);
    std::printf(
        "bench=%s items=%ju ns_per_item=%.3f min=%.3f\n",
        name.c_str(),
        std::uintmax_t(n),
        ns[ns.size() / 2],
        ns.front());
    std::fflush(stdout);
}

namespace {
steady::time_point untimed_since;
}

untimed::untimed() { untimed_since = steady::now(); }
untimed::~untimed() { excluded += steady::now() - untimed_since; }

} // namespace streamx::bench
