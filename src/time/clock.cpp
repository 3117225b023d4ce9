#include <streamx/time/detail/clock.hpp>

#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>

#include <utility>

namespace streamx::detail {

/// Runs what Asio's timer completes with where it is: on a thread that runs the context.
class host_executor {
public:
    explicit host_executor(asio::execution_context& context) noexcept : context_(&context) {}

    asio::execution_context& query(asio::execution::context_t) const noexcept { return *context_; }
    template <class F>
    void execute(F&& f) const {
        std::forward<F>(f)();
    }
    friend bool operator==(host_executor, host_executor) noexcept = default;

private:
    asio::execution_context* context_;
};

struct clock::host {
    explicit host(asio::execution_context& context) : timer(host_executor(context)) {}

    asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        host_executor>
        timer;
};

clock::clock(asio::execution_context& context) noexcept : context_(context) {}
clock::~clock() = default;

const std::shared_ptr<clock>& clock::of(asio::execution_context& context) {
    return clock_service::of(context).clock_;
}

bool clock::stop(time_point at) {
    std::lock_guard lock(mutex_);
    if (stands_at_ != runs)
        return false;
    stands_at_ = at.time_since_epoch().count();
    arm();
    return true;
}

void clock::run() {
    std::lock_guard lock(mutex_);
    stands_at_ = runs;
    arm();
}

std::optional<clock::time_point> clock::next() const {
    std::lock_guard lock(mutex_);
    return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first);
}

void clock::move_to(time_point at) {
    std::lock_guard lock(mutex_);
    if (at > now())
        stands_at_ = at.time_since_epoch().count();
    ring_due();
}

void clock::shutdown() noexcept {
    std::unique_ptr<host> dying;
    std::lock_guard lock(mutex_);
    dead_ = true;
    dying = std::move(host_);
    armed_.reset();
    while (ring_first(asio::error::operation_aborted)) {
    }
}

bool clock::is_shut_down() const {
    std::lock_guard lock(mutex_);
    return dead_;
}

unsigned clock::set(timer& t, time_point at) {
    std::lock_guard lock(mutex_);
    if (t.gate_.is_taken())
        return 0;
    if (t.set_)
        unset(t, t.wait_);
    if (++t.wait_ == 0)
        ++t.wait_;
    if (dead_ || at <= now()) {
        t.ring(dead_ ? error_code(asio::error::operation_aborted) : error_code());
        return t.wait_;
    }
    if (t.spare_) {
        t.spare_.key() = at;
        t.place_ = queue_.insert(std::move(t.spare_));
    } else {
        t.place_ = queue_.emplace(at, &t);
    }
    t.set_ = true;
    arm();
    return t.wait_;
}

void clock::unset(timer& t, unsigned wait) noexcept {
    std::lock_guard lock(mutex_);
    if (wait != t.wait_ || !std::exchange(t.set_, false))
        return;
    t.spare_ = queue_.extract(t.place_); // keeps its memory for the next time
    if (queue_.empty())
        arm();
}

bool clock::ring_first(error_code ec) noexcept {
    if (queue_.empty())
        return false;
    timer& t = *queue_.begin()->second;
    t.spare_ = queue_.extract(queue_.begin());
    t.set_ = false;
    t.ring(ec);
    return true;
}

void clock::ring_due() {
    const auto time = now();
    while (!queue_.empty() && queue_.begin()->first <= time)
        ring_first({});
}

/// Has the host wake us when the first timer is due, or before: one that was unset since then is
/// not worth telling. With no timer set nothing keeps the context running.
void clock::arm() {
    if (queue_.empty() || stands_at_ != runs) {
        if (std::exchange(armed_, std::nullopt))
            host_->timer.cancel();
        return;
    }
    const auto first = queue_.begin()->first;
    if (armed_ && *armed_ <= first)
        return;
    if (!host_)
        host_ = std::make_unique<host>(context_);
    host_->timer.expires_at(first);
    host_->timer.async_wait([weak = weak_from_this()](error_code ec) {
        const auto alive = ec ? nullptr : weak.lock();
        if (!alive)
            return;
        std::lock_guard lock(alive->mutex_);
        alive->armed_.reset();
        alive->ring_due();
        alive->arm();
    });
    armed_ = first;
}

} // namespace streamx::detail
