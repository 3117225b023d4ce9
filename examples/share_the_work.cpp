// Four ways to have several consumers. `balance`: each item to whoever is ready. `partition`: each
// key always to the same one. `group_by`: a stream for each key. `share`: each item to all, from the
// first subscriber on until the last has left.
//
// Prints:
//   balance: quick took 5, slow took 1
//   partition: even 0 2 4, odd 1 3 5
//   group_by: ap apple apricot, ba banana, ch cherry
//   share: opened, got 1 and 1, opened, got 1

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

void fail(std::exception_ptr failure) {
    if (failure)
        std::rethrow_exception(failure);
}

// [balance]
asio::awaitable<void>
work(streamx::balance_stream<int> jobs, std::chrono::milliseconds each, int& done) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (auto job = co_await jobs.next()) {
        ++done;
        timer.expires_after(each);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

void with_balance() {
    asio::io_context context;
    int quick = 0, slow = 0;
    auto jobs = streamx::range(0, 6) | streamx::on(context) | streamx::balance(2);
    asio::co_spawn(context, work(std::move(jobs[0]), 150ms, slow), fail);
    asio::co_spawn(context, work(std::move(jobs[1]), 1ms, quick), fail);
    jobs.clear();
    context.run();
    std::cout << "balance: quick took " << quick << ", slow took " << slow << '\n';
}
// [/balance]

// [partition]
void with_partition() {
    asio::io_context context;
    auto parts = streamx::range(0, 6) | streamx::on(context) |
                 streamx::partition(2, [](int i) { return i; });
    std::string even, odd;
    streamx::async_for_each(
        std::move(parts[0]), [&](int i) { even += ' ' + std::to_string(i); }, fail);
    streamx::async_for_each(
        std::move(parts[1]), [&](int i) { odd += ' ' + std::to_string(i); }, fail);
    context.run();
    std::cout << "partition: even" << even << ", odd" << odd << '\n';
}
// [/partition]

// [group_by]
asio::awaitable<void> list(std::map<std::string, std::string>& lists) {
    const std::vector<std::string> words{"apple", "banana", "apricot", "cherry"};
    auto by_beginning = streamx::from_range(words) |
                        streamx::on(co_await asio::this_coro::executor) |
                        streamx::group_by([](const std::string& w) { return w.substr(0, 2); }, 100);
    while (auto group = co_await by_beginning.next()) { // a pair of a key and a stream
        auto& [beginning, members] = *group;
        streamx::async_for_each(
            std::move(members),
            [&to = lists[beginning]](const std::string& word) { to += ' ' + word; },
            fail);
    }
}

void with_group_by() {
    asio::io_context context;
    std::map<std::string, std::string> lists;
    asio::co_spawn(context, list(lists), fail);
    context.run();
    std::cout << "group_by:";
    for (const char* separator = " "; const auto& [beginning, words] : lists)
        std::cout << std::exchange(separator, ", ") << beginning << words;
    std::cout << '\n';
}
// [/group_by]

// [share]
asio::awaitable<void> use(asio::io_context& context) {
    auto ticks = streamx::share([&context] { // called for the first subscriber, and again
        std::cout << "opened, ";
        return streamx::range(1, 100) | streamx::on(context);
    });
    {
        auto one = ticks.subscribe({.capacity = 4});
        auto two = ticks.subscribe({.capacity = 4});
        const auto a = co_await one.next();
        const auto b = co_await two.next();
        std::cout << "got " << *a << " and " << *b << ", ";
    } // the last one leaves: it is stopped
    auto again = ticks.subscribe();
    const auto c = co_await again.next();
    std::cout << "got " << *c << '\n';
}

void with_share() {
    asio::io_context context;
    std::cout << "share: ";
    asio::co_spawn(context, use(context), fail);
    context.run();
}
// [/share]

int main() {
    with_balance();
    with_partition();
    with_group_by();
    with_share();
}
