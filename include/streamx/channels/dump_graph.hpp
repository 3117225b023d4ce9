#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/execution_context.hpp>

#include <string>

namespace streamx {

enum class graph_format : unsigned char {
    text, ///< for people: a line for each channel and broadcast, and one for each of its ends
    dot,  ///< for Graphviz: `dot -Tsvg`; who waits for room is red
};

/// Who waits for whom: all channels and broadcasts of a context that were given a name, and for each
/// end of them whether it runs, waits for an item, or waits for room, behind whom, and since when by
/// the clock of the context.
///
/// Each is seen at one moment, one after the other. May be called from any thread; where there are
/// named channels of one strand (`make_local_channel`), from that strand.
std::string dump_graph(asio::execution_context& context, graph_format format = graph_format::text);

} // namespace streamx
