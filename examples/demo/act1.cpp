#include "acts.hpp"
#include "counters.hpp"
#include "pipeline.hpp"
#include "plan.hpp"
#include "report.hpp"
#include "terminal.hpp"
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

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <thread>
#include <vector>

namespace demo {

namespace asio = boost::asio;

int act1(const arguments& args) {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::atomic<bool> stop = false;
    board board;

    const auto plan = make_plan(args.files);
    auto parts = start_pipeline(context, args.files, plan, board, stop);

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

    live_view view(board, is_terminal(18));
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
    const auto took = clock::now() - board.start;
    asio::post(refresh.get_executor(), [&] { refresh.cancel(); });
    viewing.get();
    context.stop();
    threads.clear(); // joins
    if (failure)
        std::rethrow_exception(failure);

    std::cout << "Done in " << seconds(took);
    if (stop)
        std::cout << ": interrupted, what had been read was drained";
    else if (std::ranges::any_of(board.files, [](auto& f) { return f.cut_short.load(); }))
        std::cout << ": reading stopped after " << reading_time.count()
                  << " s, what had been read was drained";
    std::cout << ".\n\n";
    if (!print_report(std::cout, board))
        return EXIT_FAILURE;
    return stop ? 128 + SIGINT : EXIT_SUCCESS;
}

} // namespace demo
