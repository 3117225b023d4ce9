#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/channel_flow.hpp>
#include <streamx/channels/detail/channel_node.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/coarse_clock.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace streamx::detail {

/// What a channel tells of itself: its statistics, and how the graph shows it. Under its lock.
template <class T, class Lock>
channel_stats stats_of(const channel_flow<T, Lock>& flow) {
    channel_stats s;
    s.sent = flow.lane.tail.load(std::memory_order_relaxed);
    s.received = flow.lane.head.load(std::memory_order_acquire);
    s.high_water = flow.lane.high_water;
    if (const auto* rare = flow.rare_.get()) {
        s.received -= rare->dropped_oldest + rare->undelivered;
        s.dropped = rare->dropped_oldest + rare->dropped_newest;
        s.undelivered = rare->undelivered;
        s.times_blocked = rare->times_blocked;
        s.blocked_for = rare->blocked_for;
    }
    for (auto* w = flow.senders.front(); w; w = w->next)
        s.blocked_for += coarse_now() - w->since;
    return s;
}

template <class T, class Lock>
graph_part describe(const channel_flow<T, Lock>& flow, const channel_node<T, Lock>& as) {
    const auto side =
        [&](const std::string& what, std::size_t alive, clock::time_point since, bool nobody) {
            const bool over = alive == 0 || (flow.closed && nobody);
            return graph_end{
                .who = alive < 2 ? what : std::to_string(alive) + ' ' + what + 's',
                .state = over ? graph_state::over : graph_state::running,
                .since = since};
        };
    auto from = side("sender", flow.senders_alive, as.senders_since, flow.senders.empty());
    auto to = side("receiver", flow.receivers_alive, as.receivers_since, flow.receivers.empty());
    if (!flow.senders.empty()) {
        from.state = graph_state::waits_for_room;
        from.behind = flow.has_budget && flow.has_room() ? "others who share its budget" : to.who;
    }
    if (!flow.receivers.empty())
        to.state = graph_state::waits_for_item;
    graph_part part{
        .name = as.name,
        .holds = std::to_string(flow.lane.size()) + " of " + std::to_string(flow.lane.capacity) +
                 " items"};
    part.from.push_back(std::move(from));
    part.to.push_back(std::move(to));
    return part;
}

} // namespace streamx::detail
