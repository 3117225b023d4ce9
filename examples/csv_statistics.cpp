// Statistics of each column of a CSV file with numbers, in one pass: no row is remembered. Bad rows
// are errors in the stream; they are told, and left out.
//
//   csv_statistics [<file>]      (by default examples/data/weather.csv)
//
// Prints:
//   line 9: not a number: ''
//   line 21: 2 fields, not 3
//   line 34: not a number: 'sensor offline'
//   column             count      mean    stddev       min       max
//   temperature           45     10.84      4.50      4.60     17.40
//   humidity              45     72.47     13.79     49.00     96.00
//   pressure              45   1014.86      1.01   1012.70   1016.20

#include "lines.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <exception>
#include <iomanip>
#include <iostream>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;

struct bad_row {
    std::size_t line = 0;
    std::string why;
};

using numbers = std::vector<double>;
using row = streamx::result<numbers, bad_row>;

std::vector<std::string> fields(const std::string& line) {
    std::vector<std::string> found;
    for (auto field : std::views::split(std::string_view(line), ',')) {
        std::string_view text(field.begin(), field.end());
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        text.remove_suffix(text.size() - std::min(text.find_last_not_of(" \r") + 1, text.size()));
        found.emplace_back(text);
    }
    return found;
}

row parse(std::size_t line, std::size_t columns, const std::string& text) {
    const auto words = fields(text);
    if (words.size() != columns)
        return bad_row{
            line, std::to_string(words.size()) + " fields, not " + std::to_string(columns)};
    numbers values(columns);
    for (std::size_t i = 0; i != columns; ++i) {
        const auto last = words[i].data() + words[i].size();
        if (words[i].empty() || std::from_chars(words[i].data(), last, values[i]).ptr != last ||
            !std::isfinite(values[i]))
            return bad_row{line, "not a number: '" + words[i] + "'"};
    }
    return values;
}

/// What is known of a column so far. The mean and the sum of squared deviations are kept up to date with
/// every value (Welford's way), which stays exact where sums of squares would not.
struct statistics {
    std::size_t count = 0;
    double mean = 0;
    double squares = 0;
    double min = std::numeric_limits<double>::infinity();
    double max = -min;

    void add(double x) {
        const double off = x - mean;
        mean += off / static_cast<double>(++count);
        squares += off * (x - mean);
        min = std::min(min, x);
        max = std::max(max, x);
    }
    double deviation() const {
        return count > 1 ? std::sqrt(squares / static_cast<double>(count - 1)) : 0;
    }
};

using table = std::vector<statistics>;

table add(table all, const numbers& values) {
    for (std::size_t i = 0; i != values.size(); ++i)
        all[i].add(values[i]);
    return all;
}

void print(const std::vector<std::string>& names, const table& all) {
    std::cout << std::left << std::setw(14) << "column" << std::right;
    for (auto title : {"count", "mean", "stddev", "min", "max"})
        std::cout << std::setw(10) << title;
    std::cout << std::fixed << std::setprecision(2) << '\n';
    for (std::size_t i = 0; i != all.size(); ++i) {
        const auto& s = all[i];
        std::cout << std::left << std::setw(14) << names[i] << std::right << std::setw(10)
                  << s.count;
        if (s.count != 0)
            for (double value : {s.mean, s.deviation(), s.min, s.max})
                std::cout << std::setw(10) << value;
        std::cout << '\n';
    }
}

// [rows]
asio::awaitable<void> run(std::string path) {
    auto file = lines(path) | streamx::enumerate();
    const auto head = co_await file.next(); // the rest of the file stays in the stream
    if (!head)
        throw std::runtime_error(path + " is empty");
    const auto names = fields(head->second);

    auto rows = std::move(file) | streamx::map([columns = names.size()](const auto& line) {
                    return parse(line.first + 1, columns, line.second);
                }) |
                streamx::inspect_error([](const bad_row& bad) {
                    std::cout << "line " << bad.line << ": " << bad.why << '\n';
                }) |
                streamx::skip_errors();

    const auto all = co_await streamx::async_fold(
        std::move(rows), table(names.size()), add, asio::use_awaitable);
    print(names, all);
}
// [/rows]

int main(int argc, char** argv) {
    try {
        asio::io_context context;
        auto done = asio::co_spawn(
            context, run(argc > 1 ? argv[1] : "examples/data/weather.csv"), asio::use_future);
        context.run();
        done.get();
    } catch (const std::exception& e) {
        std::cerr << "csv_statistics: " << e.what() << '\n';
        return 1;
    }
}
