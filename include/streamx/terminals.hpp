#pragma once

#include <streamx/terminals/async_collect.hpp>
#include <streamx/terminals/async_fold.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/terminals/forward_to.hpp>
