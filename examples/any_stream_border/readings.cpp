#include "readings.hpp"

#include <streamx/streamx.hpp>

streamx::any_stream<double> readings(boost::asio::any_io_executor ex) {
    return streamx::range(0, 8) | streamx::filter([](int i) { return i % 2 == 1; }) |
           streamx::map([](int i) { return i * 0.5; }) | streamx::on(ex);
}
