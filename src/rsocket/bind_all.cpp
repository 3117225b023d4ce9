#include "bind_all.hpp"

#include <streamx/core/log.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

using asio::ip::tcp;
using boost::system::system_error;
using acceptors = std::vector<tcp::acceptor>;

tcp::acceptor listening_at(const asio::any_io_executor& ex, const tcp::endpoint& at) {
    tcp::acceptor a(ex, at.protocol());
    a.set_option(tcp::acceptor::reuse_address(true));
    if (at.address().is_v6() && at.address().is_unspecified())
        a.set_option(asio::ip::v6_only(false)); // whatever the system's default is
    a.bind(at);
    a.listen();
    return a;
}

/// What an address fails with that this machine does not have.
bool is_absent(error_code ec) noexcept {
    return ec == asio::error::address_family_not_supported ||
           ec == boost::system::errc::address_not_available;
}

/// Adds one for each address, with the first one's port.
void add_all(const asio::any_io_executor& ex, const std::vector<tcp::endpoint>& at, acceptors& to) {
    error_code absent = asio::error::host_not_found;
    std::vector<tcp::endpoint> left_out;
    for (auto one : at) {
        if (!to.empty())
            one.port(to.front().local_endpoint().port());
        try {
            to.push_back(listening_at(ex, one));
        } catch (const system_error& e) {
            absent = e.code();
            if (!is_absent(absent))
                throw;
            left_out.push_back(one);
        }
    }
    if (to.empty())
        throw system_error(absent);
    for (const auto& one : left_out)
        log(log_level::info,
            "rsocket: not listening at " + one.address().to_string() +
                ", which this machine does not have");
}

} // namespace

acceptors bind_all(const asio::any_io_executor& ex, std::vector<tcp::endpoint> at) {
    for (auto i = at.begin(); i != at.end(); ++i) // a line for each name in /etc/hosts, say
        at.erase(std::remove(i + 1, at.end(), *i), at.end());
    for (int tries = 1;; ++tries) {
        acceptors made;
        try {
            add_all(ex, at, made);
            return made;
        } catch (const system_error& e) {
            // The port that the system has chosen for the first one is somebody else's at another.
            const bool another = !made.empty() && at.front().port() == 0 && tries != 16;
            if (!another || e.code() != asio::error::address_in_use)
                throw;
        }
    }
}

acceptors bind_everywhere(const asio::any_io_executor& ex, std::uint16_t port) {
    try {
        return bind_all(ex, {{tcp::v6(), port}});
    } catch (const system_error& e) {
        if (!is_absent(e.code()))
            throw;
        return bind_all(ex, {{tcp::v4(), port}});
    }
}

} // namespace streamx::rsocket
