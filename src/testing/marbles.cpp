#include <streamx/testing/marbles.hpp>

#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

void check_frame(marbles::duration frame) {
    if (frame <= marbles::duration::zero())
        throw std::invalid_argument("marbles: a frame takes some time");
}

[[noreturn]] void refuse(std::string_view text, std::size_t at, const char* why) {
    throw std::invalid_argument(
        "marbles: \"" + std::string(text) + "\", at " + std::to_string(at) + ": " + why);
}

} // namespace

marbles::marbles(std::string_view text, duration frame) : frame_(frame) {
    check_frame(frame);
    duration now{};
    bool group = false;
    bool over = false;
    for (std::size_t at = 0; at != text.size(); ++at) {
        const char sign = text[at];
        if (sign == ' ')
            continue;
        if (sign == '(' || sign == ')') {
            if (group == (sign == '('))
                refuse(text, at, group ? "a group in a group" : "no group to end");
            group = !group;
            if (!group)
                now += frame;
            continue;
        }
        if (over)
            refuse(text, at, "it was over before");
        if (sign == '-' && group)
            refuse(text, at, "no time passes in a group");
        if (sign != '-')
            events_.push_back({now, sign});
        over = sign == '|' || sign == '#';
        if (!group)
            now += frame;
    }
    if (group)
        refuse(text, text.size(), "the group has no end");
}

marbles::marbles(std::vector<event> events, duration frame)
    : events_(std::move(events)), frame_(frame) {
    check_frame(frame);
    for (auto& e : events_)
        e.at -= e.at % frame;
}

std::string marbles::to_string() const {
    std::string text;
    duration now{};
    for (auto first = events_.begin(); first != events_.end();) {
        auto last = first;
        std::string signs;
        for (; last != events_.end() && last->at == first->at; ++last)
            signs += last->sign;
        // A time before the frame in front of it has passed cannot be written: it was not seen either.
        text.append(static_cast<std::size_t>((first->at - now) / frame_), '-');
        text += signs.size() == 1 ? signs : '(' + signs + ')';
        now = first->at + frame_;
        first = last;
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const marbles& m) { return out << m.to_string(); }

} // namespace streamx::testing
