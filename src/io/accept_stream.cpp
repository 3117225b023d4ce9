#include <streamx/io/accept_stream.hpp>

#include <boost/system/errc.hpp>

#include <algorithm>

namespace streamx::io::detail {

using namespace std::chrono_literals;
namespace codes = boost::system::errc;

bool is_failure_of_a_connection(error_code ec) noexcept {
    // Linux hands errors of the new connection to who accepts it.
    for (auto one :
         {codes::connection_aborted,
          codes::connection_reset,
          codes::interrupted,
          codes::resource_unavailable_try_again,
          codes::protocol_error,
          codes::no_protocol_option,
          codes::network_down,
          codes::network_unreachable,
          codes::host_unreachable,
          codes::timed_out,
          codes::operation_not_permitted}) // a firewall's answer
        if (ec == one)
            return true;
    return false;
}

bool is_exhaustion(error_code ec) noexcept {
    for (auto one :
         {codes::too_many_files_open,
          codes::too_many_files_open_in_system,
          codes::no_buffer_space,
          codes::not_enough_memory})
        if (ec == one)
            return true;
    return false;
}

clock_service::duration longer_pause(clock_service::duration last) noexcept {
    return std::clamp<clock_service::duration>(last * 2, 10ms, 1s);
}

} // namespace streamx::io::detail
