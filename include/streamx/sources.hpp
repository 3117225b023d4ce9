#pragma once

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/produce.hpp>
#include <streamx/sources/range.hpp>
