// An operator of one's own: a struct that looks at one item at a time, and `itemwise`.
//
// Prints:
//   3
//   5
//   7
//   end
#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>
#include <exception>
#include <iostream>
#include <numeric>
#include <utility>

// [own_operator]
struct averaging {
    streamx::poll<double> make(double&& item) {
        last.push_back(item);
        if (last.size() > size)
            last.pop_front();
        if (last.size() < size)
            return streamx::pending; // nothing comes of this item
        return std::accumulate(last.begin(), last.end(), 0.0) / static_cast<double>(size);
    }

    std::size_t size;
    std::deque<double> last = {};
};

auto moving_average(std::size_t size) { return streamx::itemwise(averaging{size}); }
// [/own_operator]

int main() {
    boost::asio::io_context context;
    auto averages =
        streamx::from_range({2.0, 4.0, 6.0, 8.0}) | streamx::on(context) | moving_average(2);

    streamx::async_for_each(
        std::move(averages),
        [](double average) { std::cout << average << '\n'; },
        [](std::exception_ptr failure) { std::cout << (failure ? "failed\n" : "end\n"); });
    context.run();
}
