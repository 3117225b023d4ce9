#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/watchdog.hpp>
#include <streamx/io/write_buffer.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace streamx::io::detail {

/// The writing half of a connection. What is put into it is gathered in one buffer while another one is
/// written: there is never more than one write under way, and it takes as much as it can. While nothing
/// is queued it has no memory for that, unless there was much of it the last time.
template <class S>
class outbox : public std::enable_shared_from_this<outbox<S>> {
    static constexpr std::size_t buffers_a_write = 32;
    /// Memory for so many bytes is not kept until the next ones: it is as soon made anew.
    static constexpr std::size_t not_worth_keeping = 1024;

public:
    /// The most that one write is given. The kernel copies no faster in larger ones, and smaller ones
    /// stay in the processor's cache.
    static constexpr std::size_t write_size = 65'483;

    using executor_type = typename connection<S>::executor_type;

    /// Who waits for something.
    struct waiter {
        virtual ~waiter() = default;
        /// Puts its item, if it has one, into the outbox. May throw.
        virtual void put(outbox&) {}

        std::uint64_t until = 0; // what `traffic::written` must come to, for one who flushes
        bool queued = true;
        streamx::detail::gate<streamx::detail::null_lock> ready;
    };
    using waiter_ptr = std::shared_ptr<waiter>;

    /// What the peer is told behind what is queued.
    enum class ending : unsigned char { end, reset, nothing };

    explicit outbox(connection_ptr<S> c)
        : connection_(std::move(c)), dog_(connection_->get_executor()) {
        connection_->join();
        measure_room();
    }

    connection<S>& shared() const noexcept { return *connection_; }
    executor_type get_executor() const noexcept { return connection_->get_executor(); }

    /// Whether an item would be taken at once.
    bool has_room() const noexcept {
        if (!traffic_) [[unlikely]]
            return room_ != 0;
        return traffic_->filling.size() < room_ && traffic_->items < traffic_->items_room;
    }
    bool open() const noexcept { return phase_ == phase::open; }
    /// Why it is not open.
    error_code why_closed() const noexcept { return error_ ? error_ : error_code(errc::closed); }
    std::size_t queued_bytes() const noexcept {
        return traffic_ ? traffic_->filling.size() + traffic_->left_to_write() : 0;
    }
    std::size_t queued_items() const noexcept {
        return traffic_ ? traffic_->items + traffic_->flying_items : 0;
    }
    /// When something was last written.
    time_point moved_at() const noexcept { return moved_at_; }

    /// Takes an item, for which there must be room: `encode(write_buffer&)` writes it. What that throws
    /// is passed on, and nothing was taken.
    template <class Encode>
    void put(Encode&& encode) {
        if (!traffic_) [[unlikely]]
            make_traffic();
        auto& filling = traffic_->filling;
        const auto size = filling.size();
        try {
            encode(filling);
        } catch (...) {
            filling.cut_to(size);
            throw;
        }
        ++traffic_->items;
        if (!busy_) [[unlikely]]
            schedule();
    }

    /// Somebody found no room.
    void refused() {
        if (!open() || std::exchange(refused_, true))
            return;
        dog_.watch(this->shared_from_this());
    }

    /// Waits for room; `w` may have an item to put there then.
    template <class Handler>
    void wait_for_room(waiter_ptr w, Handler handler) {
        senders_.push_back(w);
        measure_room(); // who comes later does not overtake
        wait(std::move(w), std::move(handler));
    }

    /// Waits until all that has been put into it is written.
    template <class Handler>
    void flush(Handler handler) {
        if (error_ || queued_bytes() == 0)
            return complete(std::move(handler), error_);
        auto w = std::make_shared<waiter>();
        w->until = traffic_->written + queued_bytes();
        traffic_->flushers.push_back(w);
        wait(std::move(w), std::move(handler));
    }

    /// Takes no more. With `nothing` somebody else goes on with the connection when all is written.
    void close(ending how = ending::end) {
        if (!open())
            return;
        phase_ = phase::closing;
        ending_ = how;
        measure_room();
        closing_since_ = dog_.now();
        answer(senders_, errc::closed);
        if (!busy_)
            end();
        else
            dog_.watch(this->shared_from_this());
    }

    /// Whether all was written, and the peer told nothing of an end.
    bool handed_on() const noexcept {
        return phase_ == phase::over && !error_ && ending_ == ending::nothing;
    }

    /// Waits until the end has been told.
    template <class Handler>
    void wait_closed(Handler handler) {
        if (phase_ == phase::over)
            return complete(std::move(handler), error_);
        auto w = std::make_shared<waiter>();
        closers_.push_back(w);
        wait(std::move(w), std::move(handler));
    }

    /// The sink is gone. What is queued in a stream of ours is still written; a borrowed stream may not
    /// be there any more.
    void detach() {
        detached_ = true;
        answer(senders_, asio::error::operation_aborted);
        if constexpr (connection<S>::owned)
            close();
        else
            fail(asio::error::operation_aborted);
        leave_if_over();
    }

    /// Completes a handler, later.
    template <class Handler>
    void complete(Handler handler, error_code ec) {
        streamx::detail::wait_op<Handler, executor_type> op(std::move(handler), get_executor());
        auto ex = op.get_executor();
        auto allocator = op.get_allocator();
        streamx::detail::post_to(ex, allocator, [op = std::move(op), ec]() mutable { op(ec); });
    }

    watchdog<executor_type>& dog() noexcept { return dog_; }
    std::optional<time_point> deadline() const noexcept {
        std::optional<time_point> at;
        const bool awaited = refused_ || !senders_.empty() || flushes() || phase_ == phase::closing;
        if (phase_ == phase::over || (!awaited && phase_ == phase::open))
            return at;
        if (writing_)
            at = streamx::detail::later(moved_at_, connection_->limits.write_stall);
        if (phase_ != phase::open) {
            const auto end = streamx::detail::later(closing_since_, connection_->limits.shutdown);
            at = at ? std::min(*at, end) : end;
        }
        return at;
    }
    void on_deadline() {
        const bool stalled =
            writing_ &&
            dog_.now() >= streamx::detail::later(moved_at_, connection_->limits.write_stall);
        fail(stalled ? errc::write_stalled : errc::shutdown_timeout);
    }

private:
    enum class phase : unsigned char { open, closing, ending, over };

    /// What there is only while something is queued.
    struct traffic {
        std::size_t left_to_write() const noexcept { return flying.size() - sent; }

        write_buffer filling; // comes next
        std::size_t items = 0;
        write_buffer flying; // is being written
        std::size_t flying_items = 0;
        std::size_t sent = 0; // of that
        std::vector<asio::const_buffer> buffers;
        std::uint64_t written = 0; // in all
        std::size_t items_room = 0;
        std::list<waiter_ptr> flushers;
    };

    struct write_op {
        using executor_type = outbox::executor_type;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return self->get_executor(); }
        cancellation_slot_type get_cancellation_slot() const noexcept { return self->stop_.slot(); }

        void operator()(error_code ec, std::size_t n) { self->wrote(ec, n); }

        std::shared_ptr<outbox> self;
    };

    struct end_op {
        using executor_type = outbox::executor_type;
        executor_type get_executor() const noexcept { return self->get_executor(); }
        void operator()(error_code ec) { self->told_end(ec); }

        std::shared_ptr<outbox> self;
    };

    [[gnu::noinline]] void make_traffic() {
        traffic_ = std::make_unique<traffic>();
        measure_room();
    }

    bool flushes() const noexcept { return traffic_ && !traffic_->flushers.empty(); }

    /// What `has_room` compares with. Nobody is let in while others wait.
    void measure_room() noexcept {
        const bool shut = !open() || !senders_.empty();
        const auto& limits = connection_->limits;
        const auto left = [](std::size_t limit, std::size_t used) {
            return std::max(std::max<std::size_t>(limit, 1), used) - used;
        };
        room_ = shut ? 0 : left(limits.queued_bytes, traffic_ ? traffic_->left_to_write() : 0);
        if (traffic_)
            traffic_->items_room = left(limits.queued_items, traffic_->flying_items);
    }

    /// Writes after what is running now, so that what else is put into it goes with it.
    void schedule() {
        busy_ = true;
        streamx::detail::post_to(
            get_executor(), std::allocator<void>(), [self = this->shared_from_this()] {
                self->next_batch();
            });
    }

    void next_batch() {
        if (error_)
            return;
        auto& t = *traffic_;
        std::swap(t.filling, t.flying);
        t.flying_items = std::exchange(t.items, 0);
        t.sent = 0;
        moved_at_ = dog_.now();
        measure_room();
        if (t.flying.empty()) // of items that are written as no bytes
            batch_done();
        else
            write();
    }

    void write() {
        writing_ = true;
        auto& t = *traffic_;
        t.buffers.clear();
        t.flying.gather(t.sent, write_size, buffers_a_write, t.buffers);
        connection_->stream.async_write_some(
            std::span<const asio::const_buffer>(t.buffers), write_op{this->shared_from_this()});
        if (!senders_.empty() || flushes() || refused_ || !open())
            dog_.watch(this->shared_from_this());
    }

    void wrote(error_code ec, std::size_t n) {
        writing_ = false;
        stop_.slot().clear();
        traffic_->sent += n;
        traffic_->written += n;
        if (error_)
            return leave_if_over();
        if (ec)
            return fail(ec);
        moved_at_ = dog_.now();
        while (flushes() && traffic_->flushers.front()->until <= traffic_->written)
            answer_first(traffic_->flushers, {});
        if (traffic_->left_to_write() != 0) {
            measure_room();
            write();
        } else {
            batch_done();
        }
        if (!error_)
            let_in();
        dog_.relax(this->shared_from_this());
    }

    void batch_done() {
        auto& t = *traffic_;
        const auto size = t.flying.size();
        t.flying.clear();
        t.flying_items = 0;
        t.sent = 0;
        measure_room();
        if (!t.filling.empty() || t.items != 0)
            return next_batch();
        if (size <= not_worth_keeping) {
            traffic_.reset();
        } else {
            t.filling.shrink();
            t.flying.shrink();
        }
        busy_ = false;
        if (phase_ == phase::closing)
            end();
    }

    /// Who waits for room comes in when half of it is free.
    void let_in() {
        const auto& limits = connection_->limits;
        if (queued_bytes() > limits.queued_bytes / 2 || queued_items() > limits.queued_items / 2)
            return;
        refused_ = false;
        // Who comes in goes on to put more into it: what they put now is not to be written before.
        const bool was_busy = std::exchange(busy_, true);
        while (!senders_.empty() &&
               queued_bytes() < std::max<std::size_t>(limits.queued_bytes, 1) &&
               queued_items() < std::max<std::size_t>(limits.queued_items, 1)) {
            error_code ec;
            try {
                senders_.front()->put(*this);
            } catch (...) {
                ec = to_error_code(std::current_exception());
            }
            answer_first(senders_, ec);
        }
        measure_room();
        busy_ = was_busy;
        if (!busy_ && queued_items() != 0)
            schedule();
    }

    template <class Handler>
    void wait(waiter_ptr w, Handler handler) {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.assign(
                [weak = std::weak_ptr(w), box = this->weak_from_this()](asio::cancellation_type) {
                    const auto given_up = weak.lock();
                    const auto alive = box.lock();
                    if (!given_up || !given_up->queued || !alive)
                        return;
                    alive->forget(given_up);
                    given_up->ready.abort();
                });
        w->ready.park(streamx::detail::gate_wait_op<Handler, executor_type>(
            std::move(handler), get_executor()));
        dog_.watch(this->shared_from_this());
    }

    /// A waiter has gone.
    void forget(const waiter_ptr& w) {
        w->queued = false;
        std::erase(senders_, w);
        std::erase(closers_, w);
        if (traffic_)
            std::erase(traffic_->flushers, w);
        measure_room();
        dog_.relax(this->shared_from_this());
    }

    static void answer_first(std::list<waiter_ptr>& list, error_code ec) {
        const auto w = std::move(list.front());
        list.pop_front();
        w->queued = false;
        w->ready.wake(ec);
    }
    static void answer(std::list<waiter_ptr>& list, error_code ec) {
        while (!list.empty())
            answer_first(list, ec);
    }

    /// All is written.
    void end() {
        phase_ = phase::ending;
        busy_ = true;
        if (ending_ == ending::end) {
            end_writes(connection_->stream, end_op{this->shared_from_this()});
            if (phase_ == phase::ending)
                dog_.watch(this->shared_from_this());
            return;
        }
        if (ending_ == ending::reset)
            reset_stream(connection_->stream);
        told_end({});
    }

    void told_end(error_code ec) {
        if (phase_ != phase::ending)
            return leave_if_over();
        // That the peer has gone first is no failure: all was written.
        if (ec == asio::error::not_connected || ec == asio::error::eof)
            ec = {};
        phase_ = phase::over;
        error_ = ec;
        answer(closers_, ec);
        dog_.stop();
        leave_if_over();
    }

    void fail(error_code ec) {
        if (phase_ == phase::over)
            return;
        phase_ = phase::over;
        error_ = ec;
        measure_room();
        if (writing_)
            stop_.emit(asio::cancellation_type::terminal);
        answer(senders_, ec);
        if (traffic_)
            answer(traffic_->flushers, ec);
        answer(closers_, ec);
        dog_.stop();
        leave_if_over();
    }

    void leave_if_over() {
        if (detached_ && phase_ == phase::over && !std::exchange(left_, true))
            connection_->leave();
    }

    connection_ptr<S> connection_;
    std::unique_ptr<traffic> traffic_;
    std::size_t room_ = 0;
    phase phase_ = phase::open;
    bool busy_ = false; // something is queued, or about to be told
    bool writing_ = false;
    bool refused_ = false;
    ending ending_ = ending::end;
    bool detached_ = false;
    bool left_ = false;
    error_code error_;
    std::list<waiter_ptr> senders_, closers_; // a deque has memory while it is empty
    asio::cancellation_signal stop_;
    time_point moved_at_, closing_since_;
    watchdog<executor_type> dog_;
};

} // namespace streamx::io::detail
