#include "record.hpp"

#include <algorithm>
#include <vector>

namespace demo {
namespace {

bool is_control(char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\t' && c != '\r') || u == 0x7f;
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0;;) {
        at = line.find_first_not_of(" \t\r", at);
        if (at == std::string_view::npos)
            return words;
        const auto last = std::min(line.find_first_of(" \t\r", at), line.size());
        words.push_back(line.substr(at, last - at));
        at = last;
    }
}

/// `2024-01-31`
bool is_date(std::string_view word) {
    return word.size() == 10 && word[4] == '-' && word[7] == '-' &&
           word.find_first_not_of("0123456789-") == std::string_view::npos;
}

} // namespace

record parse(std::string_view line) {
    record r;
    if (std::any_of(line.begin(), line.end(), is_control)) {
        r.what = record::kind::not_text;
        return r;
    }
    const auto words = split(line);
    r.words = words.size();
    if (words.empty() || words[0].starts_with('#')) {
        r.what = record::kind::remark;
    } else if (words.size() > 3 && is_date(words[0])) { // date, time, action, ...
        r.subject = words[2];
        if (words[2] == "status" && (words[3].starts_with("half-") || words[3] == "unpacked"))
            r.what = record::kind::transition;
    } else {
        r.subject = words[0];
    }
    return r;
}

} // namespace demo
