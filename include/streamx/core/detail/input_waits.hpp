#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace streamx::detail {

/// The waits for `N` streams that an operator begins as it finds them pending, and the gate that
/// each of them wakes. They outlast the operator's own wait, which may be cancelled, and are not
/// begun twice.
template <std::size_t N>
class input_waits {
public:
    /// Whether the wait for input `i` is outstanding: then the input is not to be tried.
    bool outstanding(std::size_t i) const noexcept {
        return outstanding_[i].load(std::memory_order_acquire);
    }

    /// Throws what a wait has failed with, if one has.
    void check() {
        if (failed_.load(std::memory_order_acquire)) [[unlikely]]
            for (std::size_t i = 0; i != N; ++i)
                if (!outstanding(i))
                    check(i);
    }

    /// The same for input `i`, whose wait is not outstanding.
    void check(std::size_t i) {
        if (failures_[i]) [[unlikely]]
            throw boost::system::system_error(failures_[i], "async_wait");
    }

    void wake() { ready_.wake(); }

    /// Completes who waits, if anybody does, with `operation_aborted`.
    void abort() { ready_.abort(); }

    template <class S, class Executor>
    static void
    begin(const std::shared_ptr<input_waits>& self, std::size_t i, S& input, const Executor& ex) {
        self->outstanding_[i].store(true, std::memory_order_relaxed);
        input.async_wait(input_ready<Executor>(self, i, ex));
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<input_waits>& self, const Executor& ex, Handler handler) {
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->ready_), ex, std::move(handler));
    }

private:
    /// What the wait for an input completes with. When its context goes it is destroyed instead, and
    /// then the input is not waited for any more either.
    template <class Executor>
    class input_ready {
    public:
        using executor_type = untracked<Executor>; // who waits for any of them counts as work
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        input_ready(std::weak_ptr<input_waits> waits, std::size_t i, const Executor& ex)
            : waits_(std::move(waits)), index_(i), ex_(ex) {}
        input_ready(input_ready&&) = default;
        input_ready& operator=(input_ready&&) = delete;
        ~input_ready() { (*this)({}); }

        void operator()(error_code ec) {
            if (auto alive = std::exchange(waits_, {}).lock())
                alive->arrive(index_, ec);
        }

    private:
        std::weak_ptr<input_waits> waits_;
        std::size_t index_;
        Executor ex_;
    };

    void arrive(std::size_t i, error_code ec) {
        if (ec) {
            failures_[i] = ec;
            failed_.store(true, std::memory_order_relaxed);
        }
        outstanding_[i].store(false, std::memory_order_release);
        ready_.wake();
    }

    std::array<std::atomic<bool>, N> outstanding_{};
    std::array<error_code, N> failures_; // each written before its wait is outstanding no more
    std::atomic<bool> failed_ = false;   // any of them
    gate<std::mutex> ready_;
};

} // namespace streamx::detail
