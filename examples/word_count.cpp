// The most frequent words of some text files, whatever their size: only the words are remembered.
//
//   word_count [-n <how many>] [<file>...]      (by default 10, of LICENSE)
//
// Prints:
//        15  the
//         9  or
//         9  software
//         8  of
//         8  to
//         6  in
//         5  and
//         4  is
//         3  any
//         3  copyright

#include "lines.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <exception>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asio = boost::asio;

using counts = std::unordered_map<std::string, std::size_t>;

struct arguments {
    std::size_t top = 10;
    std::vector<std::string> files;
};

arguments read(int argc, char** argv) {
    arguments given;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word != "-n") {
            given.files.emplace_back(word);
            continue;
        }
        const std::string_view number = ++i < argc ? argv[i] : "";
        const auto last = number.data() + number.size();
        if (std::from_chars(number.data(), last, given.top).ptr != last || number.empty())
            throw std::runtime_error("-n needs a number");
    }
    if (given.files.empty())
        given.files.emplace_back("LICENSE");
    return given;
}

/// The words of a line in lower case: letters, digits, what is beyond ASCII, and apostrophes.
std::vector<std::string> words(const std::string& line) {
    std::vector<std::string> found(1);
    for (unsigned char c : line) {
        if (std::isalnum(c) || c >= 0x80 || c == '\'')
            found.back() += static_cast<char>(std::tolower(c));
        else if (!found.back().empty())
            found.emplace_back();
    }
    if (found.back().empty())
        found.pop_back();
    return found;
}

counts count(counts so_far, const std::string& word) {
    ++so_far[word];
    return so_far;
}

void print_top(const counts& all, std::size_t top) {
    std::vector<std::pair<std::string, std::size_t>> sorted(all.begin(), all.end());
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    for (const auto& [word, times] : sorted | std::views::take(top))
        std::cout << std::setw(7) << times << "  " << word << '\n';
}

int main(int argc, char** argv) {
    try {
        const auto given = read(argc, argv);
        std::vector<decltype(lines(""))> files;
        for (const auto& path : given.files)
            files.push_back(lines(path));

        asio::io_context context;
        auto all = streamx::async_fold(
            streamx::concat(std::move(files)) | streamx::flat_map(words) | streamx::on(context),
            counts(),
            count,
            asio::use_future);
        context.run();
        print_top(all.get(), given.top);
    } catch (const std::exception& e) {
        std::cerr << "word_count: " << e.what() << '\n';
        return 1;
    }
}
