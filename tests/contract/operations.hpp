#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_sink.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/merge.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_async.hpp>
#include <streamx/sources/produce.hpp>
#include <streamx/terminals.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {

// Each asynchronous operation, over a channel in which it has to wait: `start(token)` starts it and
// `finish()` lets it succeed, before or after. `drop()`, where there is one, destroys what it
// waits on, and it is to give up.

struct on_receiver {
    using ends_type = channel_ends<int, std::mutex>;
    explicit on_receiver(asio::any_io_executor ex) : on_receiver(make_channel<int>(ex, 1)) {}
    explicit on_receiver(ends_type ends) : tx(std::move(ends.tx)), rx(std::move(ends.rx)) {}
    void finish() { tx->try_send(1); }
    void drop() { rx.reset(); }
    std::optional<sender<int>> tx;
    std::optional<receiver<int>> rx;
};

struct of_async_next : on_receiver {
    using on_receiver::on_receiver;
    template <class Token>
    auto start(Token&& token) {
        return rx->async_next(std::forward<Token>(token));
    }
};

struct of_receiver_async_wait : on_receiver {
    using on_receiver::on_receiver;
    template <class Token>
    auto start(Token&& token) {
        return rx->async_wait(std::forward<Token>(token));
    }
};

struct of_async_receive_many : on_receiver {
    using on_receiver::on_receiver;
    template <class Token>
    auto start(Token&& token) {
        return rx->async_receive_many(4, std::forward<Token>(token));
    }
};

struct of_receiver_async_wait_closed : on_receiver {
    using on_receiver::on_receiver;
    template <class Token>
    auto start(Token&& token) {
        return rx->async_wait_closed(std::forward<Token>(token));
    }
    void finish() { tx->close(); }
};

// --- senders, of a channel that is full
// ------------------------------------------------------------

struct on_sender : on_receiver {
    explicit on_sender(asio::any_io_executor ex) : on_receiver(std::move(ex)) { tx->try_send(0); }
    void finish() { static_cast<void>(rx->try_next()); }
    void drop() { tx.reset(); }
};

struct of_async_send : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_send(1, std::forward<Token>(token));
    }
};

struct of_async_send_by_reference : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_send(std::ref(item), std::forward<Token>(token));
    }
    int item = 1;
};

struct of_async_send_all : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_send_all(std::vector{1}, std::forward<Token>(token));
    }
    void drop() = delete; // it is a sender of its own
};

struct of_async_reserve : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_reserve(std::forward<Token>(token));
    }
};

struct of_sender_async_wait : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_wait(std::forward<Token>(token));
    }
};

struct of_any_sink_async_wait : on_sender {
    explicit of_any_sink_async_wait(asio::any_io_executor ex)
        : on_sender(std::move(ex)), sink(std::in_place, *std::move(tx)) {
        tx.reset();
    }
    template <class Token>
    auto start(Token&& token) {
        return sink->async_wait(std::forward<Token>(token));
    }
    void drop() { sink.reset(); }
    std::optional<any_sink<int>> sink;
};

struct of_sender_async_wait_closed : on_sender {
    using on_sender::on_sender;
    template <class Token>
    auto start(Token&& token) {
        return tx->async_wait_closed(std::forward<Token>(token));
    }
    void finish() { rx->close(); }
};

// --- terminals, over a stream that has no end yet
// --------------------------------------------------

struct on_stream_end : on_receiver {
    using on_receiver::on_receiver;
    void finish() { tx.reset(); }
};

struct of_async_collect : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_collect(*rx, std::forward<Token>(token));
    }
};

struct of_async_fold : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_fold(*rx, 0, std::plus<int>(), std::forward<Token>(token));
    }
};

struct of_async_for_each : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_for_each(*rx, [](int) {}, std::forward<Token>(token));
    }
};

struct of_async_fold_of_a_coroutine : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_fold(
            *rx,
            0,
            [](int sum, int i) -> asio::awaitable<int> { co_return sum + i; },
            std::forward<Token>(token));
    }
};

struct of_async_for_each_of_a_coroutine : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_for_each(
            *rx, [](int) -> asio::awaitable<void> { co_return; }, std::forward<Token>(token));
    }
};

struct of_an_owning_async_collect : on_stream_end {
    using on_stream_end::on_stream_end;
    template <class Token>
    auto start(Token&& token) {
        return async_collect(*std::move(rx), std::forward<Token>(token));
    }
    void drop() = delete;
};

struct of_forward_to : on_stream_end {
    explicit of_forward_to(asio::any_io_executor ex)
        : on_stream_end(ex), into(make_channel<int>(ex, 1)) {}
    template <class Token>
    auto start(Token&& token) {
        return forward_to(*rx, into.tx, std::forward<Token>(token));
    }
    ends_type into;
};

/// The stream ends, but its last item finds no room.
struct of_forward_to_a_full_sink : on_stream_end {
    explicit of_forward_to_a_full_sink(asio::any_io_executor ex)
        : on_stream_end(ex), into(make_channel<int>(ex, 1)) {
        into.tx.try_send(0);
        tx->try_send(1);
        tx.reset();
    }
    template <class Token>
    auto start(Token&& token) {
        return forward_to(*rx, into.tx, std::forward<Token>(token));
    }
    void finish() { static_cast<void>(into.rx.try_next()); }
    void drop() = delete;
    ends_type into;
};

// --- streams that wait in a way of their own
// -------------------------------------------------------

template <class Stream>
struct on_pipeline : on_receiver {
    template <class Make>
    on_pipeline(asio::any_io_executor ex, Make make)
        : on_receiver(std::move(ex)), stream(make(*std::move(rx))) {
        rx.reset();
    }
    template <class Token>
    auto start(Token&& token) {
        return stream->async_next(std::forward<Token>(token));
    }
    void drop() { stream.reset(); }
    std::optional<Stream> stream;
};

inline constexpr auto to_merged = [](receiver<int> rx) {
    auto other = make_channel<int>(rx.get_executor(), 1);
    return merge(std::move(rx), std::move(other.rx));
};
struct of_merge : on_pipeline<std::invoke_result_t<decltype(to_merged), receiver<int>>> {
    explicit of_merge(asio::any_io_executor ex) : on_pipeline(std::move(ex), to_merged) {}
};

inline constexpr auto to_joined = [](receiver<int> rx) {
    auto other = make_channel<int>(rx.get_executor(), 1);
    return concat(std::move(other.rx), std::move(rx));
};
struct of_concat : on_pipeline<std::invoke_result_t<decltype(to_joined), receiver<int>>> {
    explicit of_concat(asio::any_io_executor ex) : on_pipeline(std::move(ex), to_joined) {}
};

inline constexpr auto to_any = [](receiver<int> rx) {
    return any_stream<int>(std::move(rx) | map([](int i) { return i; }));
};
struct of_any_stream : on_pipeline<any_stream<int>> {
    explicit of_any_stream(asio::any_io_executor ex) : on_pipeline(std::move(ex), to_any) {}
};

inline constexpr auto to_produced = [](receiver<int> rx) {
    auto ex = rx.get_executor();
    return produce<int>(
        ex, 1, [rx = std::move(rx)](sender<int>& out) mutable -> asio::awaitable<void> {
            while (auto item = co_await rx.next())
                co_await out.send(*item);
        });
};
struct of_produce : on_pipeline<std::invoke_result_t<decltype(to_produced), receiver<int>>> {
    explicit of_produce(asio::any_io_executor ex) : on_pipeline(std::move(ex), to_produced) {}
};

inline constexpr auto to_operation = [](receiver<int> rx) {
    auto ex = rx.get_executor();
    return from_async<int>(ex, [rx = std::move(rx)](auto handler) mutable {
        rx.async_next(
            [handler = std::move(handler)](std::exception_ptr failure, auto item) mutable {
                std::move(handler)(std::move(failure), item.value_or(0));
            });
    });
};
struct of_from_async : on_pipeline<std::invoke_result_t<decltype(to_operation), receiver<int>>> {
    explicit of_from_async(asio::any_io_executor ex) : on_pipeline(std::move(ex), to_operation) {}
};

/// All of them: a new operation is one line here.
using operations = ::testing::Types<
    of_async_next,
    of_receiver_async_wait,
    of_async_receive_many,
    of_receiver_async_wait_closed,
    of_async_send,
    of_async_send_by_reference,
    of_async_send_all,
    of_async_reserve,
    of_sender_async_wait,
    of_any_sink_async_wait,
    of_sender_async_wait_closed,
    of_async_collect,
    of_async_fold,
    of_async_for_each,
    of_async_fold_of_a_coroutine,
    of_async_for_each_of_a_coroutine,
    of_an_owning_async_collect,
    of_forward_to,
    of_forward_to_a_full_sink,
    of_merge,
    of_concat,
    of_any_stream,
    of_produce,
    of_from_async>;

template <class Operation>
concept can_drop = requires(Operation& op) { op.drop(); };

/// `of_async_next`, say: in place of the number that GoogleTest gives a type.
struct operation_name {
    template <class Operation>
    static std::string GetName(int) {
        const auto name = ::testing::internal::GetTypeName<Operation>();
        return name.substr(name.rfind(':') + 1);
    }
};

} // namespace streamx::testing
