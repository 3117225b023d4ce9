#include "fragments.hpp"

#include <algorithm>
#include <string_view>

namespace streamx::rsocket {

frame fragmented::next(std::uint32_t stream, std::size_t limit) {
    const std::string_view data = message.data;
    const std::string_view metadata =
        message.metadata ? std::string_view(*message.metadata) : std::string_view();
    frame f{.type = type, .stream = stream, .n = n};
    if (message.metadata && (sent == 0 || sent < metadata.size()))
        f.metadata = metadata.substr(std::min(sent, metadata.size()));
    const auto fixed = overhead(f.type, f.metadata.has_value());
    const auto space = limit - std::min(limit - 1, fixed);
    if (f.metadata)
        f.metadata = f.metadata->substr(0, space);
    const auto used = f.metadata ? f.metadata->size() : 0;
    if (sent + used >= metadata.size())
        f.data = data.substr(std::max(sent, metadata.size()) - metadata.size(), space - used);
    sent += used + f.data.size();
    if (!done())
        f.flags = flags::follows;
    if (f.type == frame_type::payload)
        f.flags |= flags::next;
    const bool can_complete =
        f.type == frame_type::payload || f.type == frame_type::request_channel;
    if (done() && complete && can_complete)
        f.flags |= flags::complete;
    type = frame_type::payload;
    return f;
}

bool collect(payload& into, const frame& f, std::size_t limit) {
    const auto size = size_of(into);
    const auto more = f.data.size() + (f.metadata ? f.metadata->size() : 0);
    if (more > limit - std::min(size, limit))
        return false;
    if (f.metadata) {
        if (!into.metadata)
            into.metadata.emplace();
        into.metadata->append(*f.metadata);
    }
    into.data.append(f.data);
    return true;
}

} // namespace streamx::rsocket
