#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/numbered.hpp>
#include <streamx/channels/detail/outlet.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/channels/detail/retry_op.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace streamx::detail {

/// Notices a group that is full and that nobody has ever asked for anything.
class stall_watch : public timer {
public:
    using timer::timer;

    bool noticed() const noexcept { return noticed_.load(std::memory_order_acquire); }

    /// If in `patience` nothing is taken out of the channel it is closed, which wakes who waits for
    /// room in it.
    template <class T>
    static void watch(
        const std::shared_ptr<stall_watch>& self,
        const sender<T>& channel,
        clock::duration patience) {
        struct op {
            using executor_type = untracked<asio::any_io_executor>; // it keeps nothing running
            executor_type get_executor() const noexcept { return ex; }

            void operator()(error_code ec) {
                const auto w = self.lock();
                auto tx = channel.lock();
                if (ec || !w || !tx || tx->stats().received != 0)
                    return;
                w->noticed_.store(true, std::memory_order_release);
                tx->close(errc::group_not_consumed);
            }

            std::weak_ptr<stall_watch> self;
            weak_sender<T> channel;
            executor_type ex;
        };
        const auto ex = channel.get_executor();
        async_wait(
            self,
            later(self->now(), patience),
            ex,
            op{self, channel.weak(), untracked<asio::any_io_executor>(ex)});
    }

private:
    std::atomic<bool> noticed_ = false;
};

/// A sink that puts each item into the channel of its key, and the other end of a new channel, with
/// the key, into `out`. After `try_send` was false it is asked again with the same item.
template <class T, class Key, class KeyFn>
class group_sink {
public:
    using executor_type = asio::any_io_executor;
    using group = std::pair<Key, outlet<T>>;

    group_sink(
        sender<group> out,
        KeyFn key,
        std::size_t max_groups,
        std::size_t capacity,
        clock::duration patience,
        std::string name)
        : out_(std::move(out)), key_(std::move(key)), max_groups_(max_groups), capacity_(capacity),
          patience_(patience), name_(std::move(name)) {}

    /// Who holds a group keeps this going.
    void outlets_of(std::weak_ptr<pump_base> pump) noexcept { pump_ = std::move(pump); }

    executor_type get_executor() const noexcept { return out_.get_executor(); }

    bool try_send(T& item) {
        if (const auto w = std::exchange(watch_, nullptr); w && w->noticed())
            throw boost::system::system_error(errc::group_not_consumed, "group_by");
        if (!key_of_held_)
            key_of_held_.emplace(std::invoke(key_, std::as_const(item)));
        if (const auto g = groups_.find(*key_of_held_); g != groups_.end()) {
            if (!g->second.try_send(item)) {
                if (g->second.is_open())
                    return false;
                groups_.erase(g); // its stream was destroyed
            }
        }
        if (!groups_.contains(*key_of_held_))
            open(item);
        key_of_held_.reset();
        return true;
    }

    template <class Op>
    void async_wait(Op op) {
        auto& full = groups_.find(*key_of_held_)->second;
        if (full.stats().received == 0) {
            watch_ = std::make_shared<stall_watch>(
                asio::query(full.get_executor(), asio::execution::context));
            stall_watch::watch(watch_, full, patience_);
        }
        full.async_wait(retry_op<Op>{{std::move(op)}});
    }

    void close(const std::exception_ptr& failure) {
        for (auto& [key, open] : groups_)
            open.close(failure);
        out_.close(failure);
    }

private:
    void open(T& item) {
        const auto pump = pump_.lock();
        if (!pump || !out_.is_open())
            return; // nobody takes groups any more
        if (groups_.size() == max_groups_)
            std::erase_if(groups_, [](const auto& g) { return !g.second.is_open(); });
        if (groups_.size() == max_groups_)
            throw boost::system::system_error(errc::too_many_groups, "group_by");
        auto [tx, rx] = make_channel<T>(
            out_.get_executor(),
            channel_options<T>{.capacity = capacity_, .name = numbered(name_, opened_++)});
        tx.try_send(item);
        if (out_.try_send(group(*key_of_held_, outlet<T>(std::move(rx), pump))))
            groups_.emplace(*key_of_held_, std::move(tx));
    }

    sender<group> out_;
    [[no_unique_address]] KeyFn key_;
    std::unordered_map<Key, sender<T>> groups_; // open ones, and some whose stream was destroyed
    std::optional<Key> key_of_held_;            // of the item that found no room
    std::shared_ptr<stall_watch> watch_;
    std::weak_ptr<pump_base> pump_;
    std::size_t max_groups_;
    std::size_t capacity_;
    clock::duration patience_;
    std::string name_;
    std::size_t opened_ = 0;
};

} // namespace streamx::detail
