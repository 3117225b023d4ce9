#pragma once

#include <streamx/sources/after.hpp>
#include <streamx/sources/cycle.hpp>
#include <streamx/sources/defer.hpp>
#include <streamx/sources/empty.hpp>
#include <streamx/sources/from_async.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/just_error.hpp>
#include <streamx/sources/never.hpp>
#include <streamx/sources/produce.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/sources/repeat.hpp>
#include <streamx/sources/repeat_with.hpp>
#include <streamx/sources/unfold.hpp>
#include <streamx/sources/using_resource.hpp>
