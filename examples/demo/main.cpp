// The demo's acts, one after the other: see usage in arguments.cpp.

#include "acts.hpp"
#include "arguments.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <iterator>

namespace {

constexpr int (*acts[])(const demo::arguments&) = {demo::act1, demo::act2, demo::act3};

int run(const demo::arguments& args) {
    if (args.act != 0)
        return acts[args.act - 1](args);
    for (auto act : acts)
        if (const int code = act(args))
            return code;
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto args = demo::read_arguments(argc, argv, std::size(acts));
        if (args.help) {
            std::cout << demo::usage;
            return EXIT_SUCCESS;
        }
        return run(args);
    } catch (const std::exception& e) {
        std::cerr << "streamx_demo: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
}
