#pragma once

#include <streamx/channels.hpp>
#include <streamx/core/any_sink.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/core/end_reason.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/lifetime/scope.hpp>
#include <streamx/operators.hpp>
#include <streamx/sources.hpp>
#include <streamx/terminals.hpp>
#include <streamx/time/backoff.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/sleep_for.hpp>
#include <streamx/version.hpp>
