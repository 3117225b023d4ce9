#include <streamx/operators/map_async_unordered.hpp>
#include <gtest/gtest.h>
