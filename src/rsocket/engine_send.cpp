// What streams that are open send: items and their fragments, and the signals between requester and
// responder.

#include "engine.hpp"
#include "item_frame.hpp"

#include <algorithm>
#include <utility>

namespace streamx::rsocket {

std::uint32_t engine::credit(std::uint32_t id) noexcept {
    const auto found = streams_.find(id);
    if (!found || !found->second.sends || found->second.sending)
        return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(found->second.may_send, max_31));
}

void engine::send(std::uint32_t id, payload&& message, bool complete) {
    const auto found = streams_.find(id);
    if (!found)
        return;
    --found->second.may_send;
    const auto size = item_frame::overhead + message.data.size();
    if (!message.metadata && !complete && size <= config_.fragment && connected()) {
        const auto before = out.size();
        encode_item({id, message.data}, out);
        return count(before);
    }
    put_item(
        *found,
        {.type = frame_type::payload, .message = std::move(message), .complete = complete, .n = 0});
}

bool engine::has_fragments(std::uint32_t id) noexcept {
    const auto found = streams_.find(id);
    return found && found->second.sending.has_value();
}

void engine::send_fragment(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (found && found->second.sending)
        send_fragment(*found);
}

/// Sends an item, or the first of its fragments.
void engine::put_item(entry& s, fragmented item) {
    s.second.sending = std::move(item);
    send_fragment(s);
}

void engine::send_fragment(entry& of) {
    auto& [id, s] = of;
    put(s.sending->next(id, config_.fragment));
    if (!s.sending->done())
        return;
    s.sends = s.sends && !s.sending->complete;
    s.sending.reset();
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
    found->second.receiving.reset();
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
