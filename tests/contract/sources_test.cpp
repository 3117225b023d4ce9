#include <contract/stream_contract.hpp>

#include <streamx/channels/channel.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <utility>
#include <vector>

// One line a source: see stream_contract.hpp for what it promises.

namespace streamx::testing {
namespace {

template <class T>
std::vector<T> all_of(const plan<T>& p) {
    std::vector<T> items;
    for (int i = 1; i <= p.items; ++i)
        items.push_back(p.item(i));
    return items;
}

/// Plays a plan into a channel, a post for each gap.
template <class Sender, class T>
void feed(Sender tx, const plan<T>& p, int next = 1) {
    while (next <= p.items) {
        tx.try_send(p.item(next++));
        if (p.gaps) {
            auto ex = tx.get_executor();
            return asio::post(
                ex, [tx = std::move(tx), p, next]() mutable { feed(std::move(tx), p, next); });
        }
    }
    if (p.last == finish::fails)
        tx.close(planned_failure());
    if (p.last == finish::hangs) { // as long as the receiver lives
        auto kept = std::make_shared<Sender>(std::move(tx));
        kept->async_wait_closed([kept](error_code) {});
    }
}

template <class T, class Ends>
auto fed(Ends ends, const plan<T>& p) {
    feed(std::move(ends.tx), p);
    return std::move(ends.rx);
}

template <class T>
auto produced(const asio::any_io_executor& ex, const plan<T>& p, std::size_t capacity) {
    return produce<T>(ex, capacity, [p](sender<T>& out) -> asio::awaitable<void> {
        for (int i = 1; i <= p.items; ++i) {
            if (p.gaps)
                co_await asio::post(asio::use_awaitable);
            co_await out.send(p.item(i));
        }
        if (p.last == finish::fails)
            std::rethrow_exception(planned_failure());
        if (p.last == finish::hangs)
            co_await out.async_wait_closed(asio::use_awaitable);
    });
}

// clang-format off
TEST(sources_test, range_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return range(1, p.items + 1) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, from_range_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return from_range(all_of(p)) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, produce_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return produced(ex, p, 2); }); }
TEST(sources_test, produce_by_rendezvous_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return produced(ex, p, 0); }); }
TEST(sources_test, a_receiver_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return fed(make_channel<counted_item>(ex, 9), p); }); }
TEST(sources_test, a_local_receiver_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return fed(make_local_channel<move_only_item>(ex, 9), p); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
