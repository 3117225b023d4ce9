#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <vector>

namespace streamx::rsocket {

/// Listens at those of the addresses that this machine has: of a name, `::1` may be one where there is no
/// IPv6. All have one port; port 0 lets the system choose it. Throws a `system_error` if there is none of
/// them, or one is not free.
std::vector<asio::ip::tcp::acceptor>
bind_all(const asio::any_io_executor& ex, std::vector<asio::ip::tcp::endpoint> at);

/// At every address: those of IPv4 alone where the machine has no IPv6.
std::vector<asio::ip::tcp::acceptor>
bind_everywhere(const asio::any_io_executor& ex, std::uint16_t port);

} // namespace streamx::rsocket
