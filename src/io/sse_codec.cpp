#include <streamx/io/sse_codec.hpp>

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

namespace streamx::io {
namespace {

constexpr std::string_view line_ends = "\r\n";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// The lines of a text, each behind `prefix`.
void write_lines(std::string_view prefix, std::string_view text, write_buffer& out) {
    for (;;) {
        const auto end = text.find_first_of(line_ends);
        out.append(prefix);
        out.append(text.substr(0, end));
        out.push_back('\n');
        if (end == std::string_view::npos)
            return;
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
}

void write_field(std::string_view prefix, std::string_view value, write_buffer& out) {
    if (value.empty())
        return;
    if (value.find_first_of(line_ends) != std::string_view::npos)
        throw_codec_error(errc::unencodable, "sse: an id or a type contains a line's end");
    write_lines(prefix, value, out);
}

std::optional<std::chrono::milliseconds> to_milliseconds(std::string_view digits) {
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return {};
    std::chrono::milliseconds::rep count = 0;
    const auto last = digits.data() + digits.size();
    if (std::from_chars(digits.data(), last, count).ec != std::errc())
        return {};
    return std::chrono::milliseconds(count);
}

} // namespace

std::optional<sse_event> sse_codec::decode(std::string_view& in) {
    if (first_) {
        if (in.size() < byte_order_mark.size() && byte_order_mark.starts_with(in))
            return {};
        if (in.starts_with(byte_order_mark))
            in.remove_prefix(byte_order_mark.size());
        first_ = false;
    }
    while (const auto line = take_line(in)) {
        if (line->empty()) {
            if (auto event = dispatch())
                return event;
            continue;
        }
        const auto colon = line->find(':');
        if (colon == 0)
            continue; // a comment
        auto value = colon == std::string_view::npos ? std::string_view() : line->substr(colon + 1);
        if (value.starts_with(' '))
            value.remove_prefix(1);
        take_field(line->substr(0, colon), value);
    }
    return {};
}

std::optional<sse_event> sse_codec::decode_end(std::string_view& in) {
    in = {};
    return {};
}

std::optional<std::string_view> sse_codec::take_line(std::string_view& in) {
    if (after_cr_ && !in.empty()) {
        if (in.front() == '\n')
            in.remove_prefix(1);
        after_cr_ = false;
    }
    const auto end = in.find_first_of(line_ends, searched_);
    if ((end == std::string_view::npos ? in.size() : end) > line_limit_)
        throw_codec_error(errc::line_too_long, "sse");
    if (end == std::string_view::npos) {
        searched_ = in.size();
        return {};
    }
    const auto line = in.substr(0, end);
    after_cr_ = in[end] == '\r';
    in.remove_prefix(end + 1);
    searched_ = 0;
    return line;
}

void sse_codec::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        if (pending_.data.size() + value.size() > data_limit_)
            throw_codec_error(errc::frame_too_long, "sse");
        if (std::exchange(has_data_, true))
            pending_.data += '\n';
        pending_.data += value;
    } else if (name == "event") {
        pending_.event = value;
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos)
            last_id_ = value;
    } else if (name == "retry") {
        if (const auto time = to_milliseconds(value))
            pending_.retry = time;
    }
}

std::optional<sse_event> sse_codec::dispatch() {
    if (!std::exchange(has_data_, false)) {
        pending_.event.clear();
        return {};
    }
    pending_.id = last_id_;
    return std::exchange(pending_, {});
}

void sse_codec::encode(const sse_event& item, write_buffer& out) const {
    if (item.id.find('\0') != std::string::npos)
        throw_codec_error(errc::unencodable, "sse: an id contains a NUL");
    write_field("event: ", item.event, out);
    write_field("id: ", item.id, out);
    if (item.retry)
        write_field("retry: ", std::to_string(item.retry->count()), out);
    write_lines("data: ", item.data, out);
    out.push_back('\n');
}

void write_sse_comment(std::string_view text, write_buffer& out) {
    write_lines(text.empty() ? ":" : ": ", text, out);
    out.push_back('\n');
}

} // namespace streamx::io
