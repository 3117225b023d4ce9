#pragma once

#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/execution_context.hpp>

#include <string>
#include <utility>

namespace streamx::detail {

/// How a channel with a name is seen in the graph.
template <class T, class Lock>
struct channel_node final : graph_node {
    channel_node(asio::execution_context& context, channel_core<T, Lock>& c, std::string n)
        : graph_node(context), core(c), name(std::move(n)), senders_since(now()),
          receivers_since(senders_since) {}

    graph_part describe() override { return core.describe(*this); }

    channel_core<T, Lock>& core;
    const std::string name;
    clock::time_point senders_since; ///< they run, or wait
    clock::time_point receivers_since;
};

} // namespace streamx::detail
