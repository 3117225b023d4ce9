#pragma once

#include <streamx/channels/channel.hpp>
