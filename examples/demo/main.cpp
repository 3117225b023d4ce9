// Backpressure on a real file: see usage in arguments.cpp, and pipeline.hpp for how it is built.

#include "arguments.hpp"
#include "counters.hpp"
#include "pipeline.hpp"
#include "plan.hpp"
#include "report.hpp"
#include "text.hpp"
#include "view.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;

/// Whether stdout is a terminal that a picture of the board fits on.
bool is_terminal() {
    const char* term = std::getenv("TERM");
    winsize size{};
    return isatty(STDOUT_FILENO) && term && std::string_view(term) != "dumb" &&
           ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 80 && size.ws_row >= 18;
}

int run(const demo::arguments& args) {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::atomic<bool> stop = false;
    demo::board board;

    const auto plan = demo::make_plan(args.files);
    auto parts = demo::start_pipeline(context, args.files, plan, board, stop);

    std::cout << "streamx demo:";
    for (const auto& f : args.files)
        std::cout << ' ' << f.string();
    std::cout << "\nSlowest consumer: the archive from second " << plan.ebb_begins.count() << " to "
              << plan.ebb_ends.count() << ", else the index.\n\n"
              << std::flush;

    asio::signal_set signals(context, SIGINT);
    signals.async_wait([&](boost::system::error_code ec, int) {
        stop = stop || !ec;
        signals.clear(); // a second Ctrl-C ends the program
    });

    demo::live_view view(board, is_terminal());
    asio::steady_timer refresh(asio::make_strand(context));
    auto viewing = asio::co_spawn(refresh.get_executor(), view.run(refresh), asio::use_future);

    std::vector<std::jthread> threads;
    for (int i = 0; i != 3; ++i)
        threads.emplace_back([&] { context.run(); });

    std::exception_ptr failure;
    for (auto& part : parts) {
        try {
            part.get();
        } catch (...) {
            if (!failure)
                failure = std::current_exception();
        }
    }
    const auto took = demo::clock::now() - board.start;
    asio::post(refresh.get_executor(), [&] { refresh.cancel(); });
    viewing.get();
    context.stop();
    threads.clear(); // joins
    if (failure)
        std::rethrow_exception(failure);

    std::cout << "Done in " << demo::seconds(took);
    if (stop)
        std::cout << ": interrupted, what had been read was drained";
    else if (std::ranges::any_of(board.files, [](auto& f) { return f.cut_short.load(); }))
        std::cout << ": reading stopped after " << demo::reading_time.count()
                  << " s, what had been read was drained";
    std::cout << ".\n\n";
    if (!demo::print_report(std::cout, board))
        return EXIT_FAILURE;
    return stop ? 128 + SIGINT : EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto args = demo::read_arguments(argc, argv);
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
