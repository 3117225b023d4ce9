#pragma once

#include <streamx/core/any_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

/// Who calls this compiles no operator: the border is a type, not a template.
streamx::any_stream<double> readings(boost::asio::any_io_executor ex);
