#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace streamx::detail {

/// What the two halves of a stream of pairs share. Whoever asks first pulls a pair; what it does
/// not take itself waits for its sibling, up to a limit.
template <class Up>
class unzipped {
    template <std::size_t I>
    using half_item = std::tuple_element_t<I, item_t<Up>>;

public:
    unzipped(Up s, std::size_t n) : up_(std::move(s)), limit_(n) {}

    template <std::size_t I>
    poll<half_item<I>> try_next() {
        auto& mine = std::get<I>(held_);
        if (!mine.empty()) {
            poll<half_item<I>> item(std::move(mine.front()));
            mine.pop_front();
            gates_[1 - I].wake(); // there is room for me again
            return item;
        }
        if (up_ && has_room<1 - I>() && !waiting_.load(std::memory_order_acquire))
            if (auto item = pull<I>())
                return item;
        if (failure_)
            std::rethrow_exception(failure_);
        return up_ ? poll<half_item<I>>(pending) : end;
    }

    template <std::size_t I, class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<unzipped>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        if (!self->up_ || !std::get<I>(self->held_).empty())
            self->gates_[I].wake();
        else if (
            self->template has_room<1 - I>() &&
            !self->waiting_.exchange(true, std::memory_order_acq_rel))
            self->up_->async_wait(pair_ready<decltype(ex)>{self, ex});
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->gates_[I]), ex, std::move(handler));
    }

    /// Nobody asks for half `I` any more.
    template <std::size_t I>
    void leave() noexcept {
        wanted_[I] = false;
        std::get<I>(held_).clear();
        gates_[1 - I].wake();
    }

private:
    template <class Executor>
    struct pair_ready {
        using executor_type = untracked<Executor>; // who waits for a half counts as work
        executor_type get_executor() const noexcept { return executor_type(ex); }

        void operator()(error_code ec) {
            if (auto alive = halves.lock())
                alive->arrive(ec);
        }

        std::weak_ptr<unzipped> halves;
        Executor ex;
    };

    template <std::size_t I>
    bool has_room() const noexcept {
        return !wanted_[I] || std::get<I>(held_).size() < limit_;
    }

    /// Pulls a pair, keeps its other half and gives the one for `I`.
    template <std::size_t I>
    poll<half_item<I>> pull() {
        poll<item_t<Up>> both = pending;
        try {
            both = up_->try_next();
        } catch (...) {
            failure_ = std::current_exception();
        }
        if (failure_ || both.is_end()) {
            up_.reset();
            gates_[1 - I].wake();
        }
        if (!both)
            return pending;
        if (wanted_[1 - I]) {
            std::get<1 - I>(held_).push_back(std::get<1 - I>(*std::move(both)));
            gates_[1 - I].wake();
        }
        return std::get<I>(*std::move(both));
    }

    void arrive(error_code ec) {
        if (ec) {
            failure_ = std::make_exception_ptr(boost::system::system_error(ec, "async_wait"));
            up_.reset();
        }
        waiting_.store(false, std::memory_order_release);
        for (auto& gate : gates_)
            gate.wake();
    }

    std::optional<Up> up_; // nothing when it is over
    std::size_t limit_;
    std::tuple<std::deque<half_item<0>>, std::deque<half_item<1>>> held_;
    std::array<bool, 2> wanted_{true, true};
    std::exception_ptr failure_;
    std::atomic<bool> waiting_ = false;
    std::array<gate<std::mutex>, 2> gates_;
};

} // namespace streamx::detail
