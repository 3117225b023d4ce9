#include <streamx/core/async_sink.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/sender.hpp>
#include <streamx/core/any_sink.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>

namespace streamx::testing {
namespace {

struct least {
    using executor_type = asio::any_io_executor;
    bool try_send(int&) { return true; }
    void close() {}
    void close(std::exception_ptr) {}
};

struct cannot_move : least {
    cannot_move(cannot_move&&) = delete;
};

struct without_executor_type {
    bool try_send(int&) { return true; }
    void close() {}
    void close(std::exception_ptr) {}
};

struct says_nothing : least {
    void try_send(int&) {}
};

struct takes_rvalues_only : least { // and so could not leave an item untouched
    bool try_send(int&&) { return true; }
};

struct cannot_fail : least {
    void close() {}
};

TEST(async_sink_test, is_what_can_be_tried_moved_and_closed) {
    EXPECT_TRUE((async_sink<least, int>));
    EXPECT_TRUE((async_sink<sender<int>, int>));
    EXPECT_TRUE((async_sink<local_sender<std::unique_ptr<int>>, std::unique_ptr<int>>));
    EXPECT_TRUE((async_sink<any_sink<int>, int>));
}

TEST(async_sink_test, is_nothing_that_lacks_a_part) {
    EXPECT_FALSE((async_sink<int, int>));
    EXPECT_FALSE((async_sink<cannot_move, int>));
    EXPECT_FALSE((async_sink<without_executor_type, int>));
    EXPECT_FALSE((async_sink<says_nothing, int>));
    EXPECT_FALSE((async_sink<takes_rvalues_only, int>));
    EXPECT_FALSE((async_sink<cannot_fail, int>));
}

TEST(async_sink_test, is_one_for_items_that_it_takes) {
    EXPECT_FALSE((async_sink<least, std::unique_ptr<int>>));
    EXPECT_FALSE((async_sink<sender<int>, std::unique_ptr<int>>));
}

} // namespace
} // namespace streamx::testing
