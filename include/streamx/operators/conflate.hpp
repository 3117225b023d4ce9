#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/poll.hpp>

#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
/// Upstream is waited for from the first pull on, whether or not anybody waits here, and what comes is
/// folded into what has not been pulled. All of it runs on upstream's executor.
template <async_stream Up, class Fn>
class conflating final : public std::enable_shared_from_this<conflating<Up, Fn>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;
    static_assert(
        !std::is_same_v<executor_type, no_executor>,
        "conflate goes on between two pulls, on the stream's executor, and the stream has none: "
        "give "
        "it one with `| streamx::on(executor)` before the operator");

    conflating(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    poll<value_type> try_next() {
        go_on();
        if (held_)
            return *std::exchange(held_, std::nullopt);
        if (up_)
            return pending;
        if (failure_)
            std::rethrow_exception(std::exchange(failure_, nullptr));
        return end;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<conflating>& self, const Executor& ex, Handler handler) {
        self->go_on();
        if (self->held_ || !self->up_)
            self->ready_.wake();
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->ready_), ex, std::move(handler));
    }

    void stop() noexcept { up_.reset(); }

private:
    /// What the wait for upstream completes with. Who waits here counts as work, and it does not.
    class arrival {
    public:
        using executor_type = untracked<executor_t<Up>>;
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        arrival(std::weak_ptr<conflating> state, const executor_t<Up>& ex)
            : state_(std::move(state)), ex_(ex) {}

        void operator()(error_code ec) {
            if (const auto alive = state_.lock())
                alive->arrive(ec);
        }

    private:
        std::weak_ptr<conflating> state_;
        executor_t<Up> ex_;
    };

    void arrive(error_code ec) {
        waiting_ = false;
        if (!up_)
            return;
        if (ec)
            fail(std::make_exception_ptr(boost::system::system_error(ec, "async_wait")));
        else
            go_on();
        if (held_ || !up_)
            ready_.wake();
    }

    /// Takes what upstream has, and waits for more.
    void go_on() {
        if (waiting_ || !up_)
            return;
        try {
            take();
        } catch (...) {
            fail(std::current_exception());
        }
        if (!up_)
            return;
        waiting_ = true;
        up_->async_wait(arrival(this->weak_from_this(), up_->get_executor()));
    }

    void take() {
        for (unsigned left = budget; left != 0; --left) {
            auto item = up_->try_next();
            if (item.is_end())
                return up_.reset();
            if (!item)
                return;
            if (held_) {
                auto both = std::invoke(fn_, *std::exchange(held_, std::nullopt), *std::move(item));
                held_.emplace(std::move(both));
            } else
                held_.emplace(*std::move(item));
        }
    }

    void fail(std::exception_ptr failure) noexcept {
        failure_ = std::move(failure);
        up_.reset();
    }

    std::optional<Up> up_; // until it is over
    [[no_unique_address]] Fn fn_;
    std::optional<value_type> held_;
    std::exception_ptr failure_; // comes after what is held
    bool waiting_ = false;
    gate<std::mutex> ready_;
};
} // namespace detail

/// Never makes upstream wait: what comes faster than it is pulled is folded into one item by
/// `fn(so_far, next)`, which returns an item. From the first pull on upstream is taken from all the
/// time, also between pulls.
/// @marble  `-1234---5-|`  ->  `conflate(plus)`, pulled at 1 and every 3  ->  `-1--9---5-|`
/// @errors  upstream's, and what the function throws, after the item that is held, if one is
/// @cancels the item that is held stays for the next pull
/// @cost    one allocation; one item held, and a wait for each time upstream has something
/// @others  onBackpressureReduce (Rx), conflate (Akka)
template <class Fn>
[[nodiscard]] auto conflate(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        using state = detail::conflating<Up, Fn>;
        auto ex = up.get_executor();
        return detail::state_stream<state>(
            std::move(ex), std::make_shared<state>(std::move(up), std::move(fn)));
    });
}

} // namespace streamx
