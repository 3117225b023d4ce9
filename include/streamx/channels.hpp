#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/raw_channel.hpp>
