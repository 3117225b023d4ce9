#include <streamx/operators/map_async.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>
