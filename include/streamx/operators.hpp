#pragma once

#include <streamx/operators/chunks.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/filter.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/merge.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/ready_chunks.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/operators/yield_every.hpp>
