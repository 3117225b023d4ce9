#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/sending.hpp>
#include <streamx/core/detail/steps.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// What carries the items of a stream to several consumers.
class pump_base {
public:
    pump_base() = default;
    pump_base(const pump_base&) = delete;
    pump_base& operator=(const pump_base&) = delete;
    virtual ~pump_base() = default;

    /// The first call sets it going. May be called from any thread.
    virtual void start() = 0;
    /// Whether it was started and has not come to its end; while it runs its context is there.
    virtual bool is_running() const noexcept = 0;
};

/// Carries the items of `Up` into `Sink`, on the stream's executor, which runs one handler at a time,
/// from `start` to its own destruction. It keeps no context running: who waits for an item does. Then
/// the sink is closed: `close(std::exception_ptr)` gets what the stream or the sink has failed with,
/// if anything.
template <class Up, class Sink>
class pump final : public pump_base {
    static_assert(
        !std::is_same_v<executor_t<Up>, no_executor>,
        "what carries items to several consumers runs on the stream's executor, and the stream has "
        "none: give it one with `| streamx::on(executor)` first");

    using executor = untracked<executor_t<Up>>;

    /// What the operation keeps alive.
    struct run {
        explicit run(Sink s) : sink(std::move(s)) {}
        Sink sink;
        asio::cancellation_signal cancel;
    };

    /// The sink as the operation has it. That ends before the run does, which closes the sink.
    struct sink_of {
        using executor_type = asio::any_io_executor;

        executor_type get_executor() const noexcept { return to->sink.get_executor(); }
        bool try_send(item_t<Up>& item) { return to->sink.try_send(item); }
        void close(std::exception_ptr failure) { to->sink.close(std::move(failure)); }
        void undelivered(item_t<Up>&& item)
            requires requires(Sink& s) { s.undelivered(std::move(item)); }
        {
            to->sink.undelivered(std::move(item));
        }
        template <class Op>
            requires requires(Sink& s, item_t<Up> item, Op op) {
                s.async_send(std::move(item), std::move(op));
            }
        void async_send(item_t<Up> item, Op op) {
            to->sink.async_send(std::move(item), std::move(op));
        }
        template <class Op>
        void async_wait(Op op) {
            to->sink.async_wait(std::move(op));
        }

        run* to;
    };

    struct done {
        using executor_type = executor;
        using cancellation_slot_type = asio::cancellation_slot;

        executor_type get_executor() const noexcept { return ex; }
        cancellation_slot_type get_cancellation_slot() const noexcept { return r->cancel.slot(); }
        void operator()(std::exception_ptr failure) { r->sink.close(std::move(failure)); }

        std::shared_ptr<run> r;
        executor ex;
    };

    struct waiting {
        Up up;
        Sink sink;
    };

public:
    pump(Up up, Sink sink)
        : executor_(up.get_executor()),
          idle_(std::make_unique<waiting>(waiting{std::move(up), std::move(sink)})) {}
    ~pump() override {
        if (auto r = running_.lock()) // a signal belongs to the executor that its operation runs on
            post_to(executor_, std::allocator<void>(), [r = std::move(r)] {
                r->cancel.emit(asio::cancellation_type::terminal);
            });
    }

    /// The sink before the start.
    Sink& idle_sink() noexcept { return idle_->sink; }

    void start() override { std::call_once(started_, &pump::begin, this); }
    bool is_running() const noexcept override { return !running_.expired(); }

private:
    void begin() {
        const auto mine = std::move(idle_);
        auto r = std::make_shared<run>(std::move(mine->sink));
        running_ = r;
        auto* to = r.get();
        async_drive<void(std::exception_ptr)>(
            sending_stream<Up, sink_of>(std::move(mine->up), sink_of{to}),
            ignore_step(),
            done{std::move(r), executor(executor_)});
    }

    executor_t<Up> executor_;
    std::once_flag started_;
    std::unique_ptr<waiting> idle_; // until it is started
    std::weak_ptr<run> running_;
};

} // namespace streamx::detail
