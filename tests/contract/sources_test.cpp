#include <contract/stream_contract.hpp>

#include <streamx/channels/broadcast.hpp>
#include <streamx/channels/channel.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
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

/// The same of a broadcast to its only subscriber.
template <class T>
void put(broadcast<T> b, const plan<T>& p, int next = 1) {
    while (next <= p.items) {
        b.try_put(p.item(next++));
        if (p.gaps) {
            auto ex = b.get_executor();
            return asio::post(
                ex, [b = std::move(b), p, next]() mutable { put(std::move(b), p, next); });
        }
    }
    if (p.last == finish::fails)
        b.close(planned_failure());
    if (p.last == finish::hangs) {
        auto kept = std::make_shared<broadcast<T>>(std::move(b));
        kept->async_wait_subscribers(2, [kept](error_code) {});
    }
}

template <class T>
auto subscribed(broadcast<T> b, subscribe_options<T> options, const plan<T>& p) {
    auto s = b.subscribe(std::move(options));
    put(std::move(b), p);
    return s;
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

/// The items, and then whatever a plan says, from the source of just that.
template <class T>
auto finishing(const asio::any_io_executor& ex, const plan<T>& p) {
    auto last = p.last == finish::ends    ? any_stream<T>(empty<T>() | on(ex))
                : p.last == finish::fails ? any_stream<T>(just_error<T>(planned_failure()) | on(ex))
                                          : any_stream<T>(never<T>() | on(ex));
    return concat(any_stream<T>(from_range(all_of(p)) | on(ex)), std::move(last));
}

/// The items of a plan, by calls of one function.
template <class T>
auto counting(const plan<T>& p) {
    return [p](int& n) {
        if (n == p.items && p.last == finish::fails)
            std::rethrow_exception(planned_failure());
        return n == p.items ? std::nullopt : std::optional<T>(p.item(++n));
    };
}

/// Each item, and how a plan finishes, as an operation of its own.
template <class T>
auto one_by_one(const asio::any_io_executor& ex, const plan<T>& p) {
    std::vector<any_stream<T>> all;
    for (int i = 1; i <= p.items; ++i)
        all.push_back(from_async<T>(ex, [p, i](auto handler) {
            auto own = asio::get_associated_executor(handler);
            asio::post(own, [p, i, handler = std::move(handler)]() mutable {
                std::move(handler)(p.item(i));
            });
        }));
    if (p.last == finish::fails)
        all.push_back(from_async<T>(
            ex, [p](auto handler) { std::move(handler)(planned_failure(), p.item(0)); }));
    if (p.last == finish::hangs)
        all.push_back(from_async<T>(ex, [p, hung = never<T>()](auto handler) mutable {
            auto own = asio::get_associated_executor(handler);
            auto slot = asio::get_associated_cancellation_slot(handler);
            auto done = [p, handler = std::move(handler)](error_code ec) mutable {
                std::move(handler)(ec, p.item(0));
            };
            hung.async_wait(
                asio::bind_executor(own, asio::bind_cancellation_slot(slot, std::move(done))));
        }));
    return concat(std::move(all));
}

// clang-format off
TEST(sources_test, range_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return range(1, p.items + 1) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, from_range_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return from_range(all_of(p)) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, just_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return just(p.item(1), p.item(2), p.item(3)) | take(p.items) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, empty_just_error_and_never_keep_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return finishing(ex, p); }); }
TEST(sources_test, repeat_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return repeat(0, p.items) | map([n = 0](int) mutable { return ++n; }) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, repeat_with_and_cycle_keep_the_contract) { source_contract<int>([](auto ex, auto p) { return concat(repeat_with([n = 0]() mutable { return ++n; }) | take(p.items - 1), cycle(std::vector{p.items}) | take(1)) | on(ex); }, {.fail = false, .hang = false}); }
TEST(sources_test, cycle_of_a_stream_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return cycle(fed(make_channel<int>(ex, 9), p)); }); }
TEST(sources_test, unfold_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return unfold(0, counting(p)) | on(ex); }, {.hang = false}); }
TEST(sources_test, defer_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return streamx::defer(ex, [ex, p] { return play(ex, p); }); }); }
TEST(sources_test, from_async_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return one_by_one(ex, p); }); }
TEST(sources_test, produce_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return produced(ex, p, 2); }); }
TEST(sources_test, produce_by_rendezvous_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return produced(ex, p, 0); }); }
TEST(sources_test, a_receiver_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return fed(make_channel<counted_item>(ex, 9), p); }); }
TEST(sources_test, a_local_receiver_keeps_the_contract) { source_contract<move_only_item>([](auto ex, auto p) { return fed(make_local_channel<move_only_item>(ex, 9), p); }); }
TEST(sources_test, a_subscription_keeps_the_contract) { source_contract<counted_item>([](auto ex, auto p) { return subscribed(broadcast<counted_item>(ex), {.capacity = 9}, p); }); }
TEST(sources_test, a_subscription_that_drops_the_oldest_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return subscribed(broadcast<int>(ex), {.overflow = overflow::drop_oldest, .capacity = 9}, p); }); }
// clang-format on

} // namespace
} // namespace streamx::testing
