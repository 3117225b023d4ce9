// What streams that are open send: items and their fragments, and the signals between requester and
// responder.

#include "engine.hpp"

#include <utility>

namespace streamx::rsocket {

bool engine::has_fragments(std::uint32_t id) noexcept {
    const auto found = streams_.find(id);
    return found && found->second.sending.has_value();
}

void engine::send_fragment(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (found && found->second.sending)
        send_fragment(*found);
}

bool engine::send_other(entry& s, payload&& message, bool complete) {
    const auto id = s.first;
    put_first(
        s,
        {.type = frame_type::payload, .message = std::move(message), .complete = complete, .n = 0});
    return has_room() && credit(id) != 0;
}

/// Sends an item or request, or the first of its fragments.
void engine::put_first(entry& s, fragmented&& item) {
    put(item.next(s.first, config_.fragment));
    if (item.done())
        return all_sent(s, item.complete);
    s.second.sending = std::move(item);
}

void engine::send_fragment(entry& s) {
    auto& item = s.second.sending;
    put(item->next(s.first, config_.fragment));
    if (!item->done())
        return;
    const bool complete = item->complete;
    item.reset();
    all_sent(s, complete);
}

void engine::all_sent(entry& of, bool last) {
    auto& [id, s] = of;
    s.sends = s.sends && !last;
    if (std::exchange(s.complete_after, false))
        return complete(id);
    erase_if_done(id);
}

void engine::complete(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (!found || !found->second.sends)
        return;
    if (found->second.sending) {
        found->second.complete_after = true;
        return;
    }
    put({.type = frame_type::payload, .stream = id, .flags = flags::complete});
    found->second.sends = false;
    erase_if_done(id);
}

void engine::stop_sending(entry& s) {
    s.second.sends = false;
    s.second.sending.reset();
}

void engine::fail(std::uint32_t id, errc code, std::string_view text) {
    if (!streams_.find(id))
        return;
    streams_.erase(id);
    put_error(id, code, text);
}

void engine::cancel(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (!found)
        return;
    put({.type = frame_type::cancel, .stream = id});
    if (found->second.mine)
        return streams_.erase(id);
    found->second.receives = false; // a responder wants no more of the channel's items
    streams_.take_part(found->second);
    erase_if_done(id);
}

void engine::grant(std::uint32_t id, std::uint32_t n) {
    const auto found = streams_.find(id);
    if (!found || !found->second.receives || n == 0)
        return;
    found->second.may_receive += n;
    put({.type = frame_type::request_n, .stream = id, .n = n});
}

void engine::erase_if_done(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (!found)
        return;
    const auto& s = found->second;
    if (!s.receives && !s.sends && !s.sending)
        streams_.erase(id);
}

} // namespace streamx::rsocket
