#pragma once

#include <streamx/channels/broadcast.hpp>
#include <streamx/channels/channel.hpp>
#include <streamx/channels/dump_graph.hpp>
#include <streamx/channels/memory_budget.hpp>
#include <streamx/channels/raw_channel.hpp>
#include <streamx/channels/share.hpp>
#include <streamx/channels/watch.hpp>
