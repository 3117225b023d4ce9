#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_flow.hpp>
#include <streamx/channels/detail/broadcast_node.hpp>
#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/time/detail/clock.hpp>

#include <string>
#include <utility>

namespace streamx::detail {

/// What puts wait for if not for a subscriber.
template <class T>
std::string without_slow(const broadcast_flow<T>& flow) {
    return flow.peers.active() == 0 ? "nobody: there is no subscriber"
                                    : "others who share its budget";
}

/// What a broadcast tells of itself: its statistics, and how the graph shows it. Under its lock.
template <class T>
broadcast_stats stats_of(const broadcast_flow<T>& flow) {
    const auto& items = flow.items;
    const auto now = flow.time->now();
    broadcast_stats s;
    s.put = items.put();
    s.delivered = items.delivered;
    s.dropped = items.dropped;
    s.undelivered = items.undelivered;
    s.discarded = items.discarded;
    s.subscribers = flow.peers.active();
    s.puts_waiting = flow.puts.count();
    s.times_blocked = flow.puts.times_blocked();
    s.blocked_for = flow.puts.blocked_for(now);
    for (const auto* limited : flow.peers.with(attention::limited))
        s.delivered += items.uncounted(*limited);
    for (const auto* lossy : flow.peers.with(attention::lossy))
        s.dropped += items.lost(*lossy);
    if (!flow.puts.empty()) {
        const auto* slow = flow.peers.slowest(items.tail());
        s.held_back = true;
        s.held_back_by = !slow ? without_slow(flow) : slow->rare ? slow->rare->name : std::string();
        s.held_for = now - flow.puts.held_since();
    }
    return s;
}

template <class T>
subscription_stats stats_of(const broadcast_flow<T>& flow, const subscriber<T>& s) {
    subscription_stats result;
    if (s.rare)
        result.name = s.rare->name;
    result.policy = s.policy;
    result.delivered = s.delivered + flow.items.uncounted(s);
    result.missed = s.missed + flow.items.lost(s);
    result.lag = flow.items.lag_of(s);
    if (!flow.puts.empty() && s.here && flow.peers.holds_back(s, flow.items.tail())) {
        result.holds_back = true;
        result.held_for = flow.time->now() - flow.puts.held_since();
    }
    return result;
}

template <class T>
std::string name_of(const subscriber<T>& s) {
    return s.rare && !s.rare->name.empty() ? s.rare->name : "a subscriber";
}

template <class T>
graph_end describe_puts(const broadcast_flow<T>& flow, const broadcast_node<T>& as) {
    graph_end end{.who = "producer", .since = as.running_since};
    if (flow.puts.empty()) {
        end.state = flow.closed ? graph_state::over : graph_state::running;
        return end;
    }
    end.state = graph_state::waits_for_room;
    end.since = flow.puts.held_since();
    if (flow.puts.count() > 1)
        end.more = std::to_string(flow.puts.count()) + " puts";
    const auto* slow = flow.peers.slowest(flow.items.tail());
    end.behind = slow ? name_of(*slow) : without_slow(flow);
    return end;
}

template <class T>
graph_end describe(const broadcast_flow<T>& flow, const subscriber<T>& s) {
    return {
        .who = name_of(s),
        .state = s.queued ? graph_state::waits_for_item : graph_state::running,
        .since = s.rare ? s.rare->since : clock::time_point(),
        .more = s.queued ? "" : std::to_string(flow.items.lag_of(s)) + " before it"};
}

template <class T>
graph_part describe(const broadcast_flow<T>& flow, const broadcast_node<T>& as) {
    graph_part part{.name = as.name, .holds = "put " + std::to_string(flow.items.put())};
    part.from.push_back(describe_puts(flow, as));
    for (const auto& list : flow.peers.lists())
        for (const auto* s : list)
            part.to.push_back(describe(flow, *s));
    return part;
}

} // namespace streamx::detail
