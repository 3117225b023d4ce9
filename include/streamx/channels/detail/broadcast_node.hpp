#pragma once

#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/execution_context.hpp>

#include <string>
#include <utility>

namespace streamx::detail {

/// How a broadcast is seen in the graph that has a name, or a subscriber with one.
template <class T>
struct broadcast_node final : graph_node {
    broadcast_node(asio::execution_context& context, broadcast_core<T>& c, std::string n)
        : graph_node(context), core(c), name(std::move(n)), running_since(now()) {}

    graph_part describe() override { return core.describe(*this); }

    broadcast_core<T>& core;
    const std::string name;
    clock::time_point running_since; ///< who puts, if no put waits
};

} // namespace streamx::detail
