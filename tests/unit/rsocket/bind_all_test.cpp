// Where a server listens: at every address of a name.

#include "session_support.hpp"

#include <rsocket/bind_all.hpp>
#include <rsocket/endpoint.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace streamx::rsocket {
namespace {

using asio::ip::tcp;

tcp::endpoint at(const char* address, std::uint16_t port = 0) {
    return {asio::ip::make_address(address), port};
}

struct bind_all_test : ::testing::Test {
    asio::io_context ctx;

    std::vector<std::string> bound_to(std::vector<tcp::endpoint> to) {
        std::vector<std::string> addresses;
        std::set<std::uint16_t> ports;
        for (const auto& a : bind_all(ctx.get_executor(), std::move(to))) {
            EXPECT_TRUE(connects(a.local_endpoint()));
            addresses.push_back(a.local_endpoint().address().to_string());
            ports.insert(a.local_endpoint().port());
        }
        EXPECT_EQ(ports.size(), 1U) << "not one port for all";
        EXPECT_EQ(ports.count(0), 0U);
        return addresses;
    }
    bool connects(const tcp::endpoint& to) {
        error_code ec;
        tcp::socket(ctx).connect(to, ec);
        return !ec;
    }
    bool is_here(const asio::ip::address& a) {
        tcp::acceptor probe(ctx);
        error_code ec;
        probe.open(a.is_v6() ? tcp::v6() : tcp::v4(), ec);
        if (!ec)
            probe.bind({a, 0}, ec);
        return !ec;
    }
    error_code refused(std::vector<tcp::endpoint> to) {
        try {
            bind_all(ctx.get_executor(), std::move(to));
            return {};
        } catch (const system_error& e) {
            return e.code();
        }
    }
};

using addresses = std::vector<std::string>;

TEST_F(bind_all_test, listens_at_each_address_with_one_port) {
    EXPECT_EQ(
        bound_to({at("127.0.0.1"), at("127.0.0.2"), at("127.0.0.3")}),
        (addresses{"127.0.0.1", "127.0.0.2", "127.0.0.3"}));
}

TEST_F(bind_all_test, takes_an_address_that_comes_twice_once) {
    EXPECT_EQ(
        bound_to({at("127.0.0.1"), at("127.0.0.2"), at("127.0.0.1")}),
        (addresses{"127.0.0.1", "127.0.0.2"}));
}

TEST_F(bind_all_test, leaves_out_what_this_machine_does_not_have) {
    EXPECT_EQ(bound_to({at("192.0.2.1"), at("127.0.0.1")}), (addresses{"127.0.0.1"}));
    EXPECT_EQ(refused({at("192.0.2.1")}), boost::system::errc::address_not_available);
    EXPECT_EQ(refused({}), asio::error::host_not_found);
}

TEST_F(bind_all_test, an_address_that_is_taken_leaves_nothing_behind) {
    const tcp::acceptor other(ctx, at("127.0.0.2"));
    const auto port = other.local_endpoint().port();
    EXPECT_EQ(refused({at("127.0.0.1", port), at("127.0.0.2", port)}), asio::error::address_in_use);
    EXPECT_FALSE(connects(at("127.0.0.1", port)));
}

TEST_F(bind_all_test, connections_are_accepted_at_each_address_until_it_stops) {
    const auto ex = ctx.get_executor();
    int accepted = 0;
    auto on = bind_all(ex, {at("127.0.0.1"), at("127.0.0.2")});
    const auto port = on.front().local_endpoint().port();
    const auto l =
        accept_at(ex, std::move(on), url::parse("tcp://name:0"), {}, [&](const io::transport&) {
            ++accepted;
        });
    EXPECT_EQ(l->where().to_string(), "tcp://name:" + std::to_string(port));
    for (const char* address : {"127.0.0.2", "127.0.0.1", "127.0.0.2"}) {
        const auto before = accepted;
        EXPECT_TRUE(connects(at(address, port)));
        while (accepted == before && ctx.run_one_for(20s) != 0) {
        }
        EXPECT_EQ(accepted, before + 1) << address;
    }
    l->stop();
    EXPECT_FALSE(connects(at("127.0.0.1", port)));
    EXPECT_FALSE(connects(at("127.0.0.2", port)));
}

TEST_F(bind_all_test, a_servers_name_is_all_of_its_addresses) {
    server s(ctx.get_executor());
    for (const bool waits : {false, true}) {
        std::string where;
        if (waits) {
            s.async_listen("tcp://localhost:0", [&](error_code ec, std::string url) {
                EXPECT_FALSE(ec);
                where = std::move(url);
            });
            while (where.empty() && ctx.run_one_for(20s) != 0) {
            }
        } else {
            where = s.listen("tcp://localhost:0");
        }
        EXPECT_TRUE(where.starts_with("tcp://localhost:")) << where;
        tcp::resolver names(ctx);
        const auto found = names.resolve("localhost", where.substr(where.rfind(':') + 1));
        ASSERT_FALSE(found.empty());
        for (const auto& address : found)
            EXPECT_EQ(connects(address), is_here(address.endpoint().address()));
    }
}

} // namespace
} // namespace streamx::rsocket
