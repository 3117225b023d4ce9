#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

namespace boost::asio {}

namespace streamx {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

} // namespace streamx
