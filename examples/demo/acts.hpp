#pragma once

#include "arguments.hpp"

namespace demo {

/// The acts of the demo, each in a file of its own. Each gives the program's exit code; what it
/// throws is for the user to read.

/// Backpressure on a real file: see pipeline.hpp for how it is built.
int act1(const arguments& args);

/// One producer and three consumers of different speed, under three policies of a broadcast.
int act2(const arguments& args);

/// The machine's own counters on one port: lines over TCP, messages over WebSocket, events over SSE, and a
/// page that plots them.
int act3(const arguments& args);

} // namespace demo
