#include "link.hpp"

#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/core/detail/checked.hpp>

#include <boost/system/system_error.hpp>

#include <deque>
#include <stdexcept>

namespace streamx::nats::detail {
namespace {

constexpr auto flush_timeout = std::chrono::seconds(10);

[[noreturn]] void fail(error_code ec, const char* who) {
    throw boost::system::system_error(ec, who);
}

/// Takes what has arrived into a queue that is bounded, so that what is dropped is known.
class subscriber final : public subject_inlet,
                         public link_member,
                         public std::enable_shared_from_this<subscriber> {
public:
    subscriber(const link_ptr& l, subject_options o) : link_(l), options_(std::move(o)) {
        executor = l->executor();
        streamx::detail::checked_size(
            options_.capacity, "subject_source: capacity must be at least 1");
        if (options_.when_full != overflow::fail && options_.when_full != overflow::drop_oldest &&
            options_.when_full != overflow::drop_newest)
            throw std::invalid_argument(
                "subject_source: when_full is drop_oldest, drop_newest or fail, as a publisher "
                "cannot be made to wait");
    }

    void start() {
        std::lock_guard lock(link_->mutex);
        if (const auto ec =
                link_->subscribe(options_.subject, options_.queue, shared_from_this(), -1))
            detail::fail(ec, "subject_source");
        link_->join(weak_from_this());
    }

    message try_take() override {
        std::lock_guard lock(link_->mutex);
        if (queue_.empty()) {
            if (failure_)
                detail::fail(failure_, "subject_source");
            return {};
        }
        auto m = std::move(queue_.front());
        queue_.pop_front();
        return m;
    }

    subject_stats stats() const override {
        std::lock_guard lock(link_->mutex);
        return {received_, dropped_, queue_.size()};
    }

    void stop() noexcept override {
        std::lock_guard lock(link_->mutex);
        link_->unsubscribe(this);
        arrived.abort();
    }

    void on_message(message m) override {
        ++received_;
        if (queue_.size() == options_.capacity) {
            ++dropped_;
            if (options_.on_dropped)
                options_.on_dropped(dropped_);
            if (options_.when_full == overflow::fail && !failure_)
                failure_ = errc::slow_consumer;
            if (options_.when_full != overflow::drop_oldest)
                return;
            queue_.pop_front();
        }
        if (!failure_)
            queue_.push_back(std::move(m));
    }

    void on_read() override { arrived.wake(); }

    void on_closed() override {
        if (!failure_)
            failure_ = errc::connection_closed;
        arrived.wake();
    }

private:
    link_ptr link_;
    subject_options options_;
    std::deque<message> queue_;
    std::uint64_t received_ = 0, dropped_ = 0;
    error_code failure_;
};

class outlet final : public subject_outlet,
                     public link_member,
                     public std::enable_shared_from_this<outlet> {
public:
    outlet(const link_ptr& l, publish_options o) : link_(l), options_(std::move(o)) {
        if (options_.subject.empty())
            throw std::invalid_argument("subject_sink: there must be a subject");
    }

    void start() { link_->join(weak_from_this()); }

    bool has_room() const override {
        return link_->is_closing() ||
               (link_->is_connected() && link_->buffered() < options_.buffered_bytes);
    }

    bool try_publish(std::string_view payload) override {
        if (link_->is_closing())
            detail::fail(errc::connection_closed, "subject_sink");
        if (const auto ec = link_->publish(options_.subject.c_str(), nullptr, payload))
            detail::fail(ec, "subject_sink");
        return true;
    }

    void wait_for_room(const answer_ptr<nothing>& done) override {
        std::lock_guard lock(link_->mutex);
        if (has_room())
            return done->complete(link_->is_closing() ? errc::connection_closed : error_code());
        waiters_.push_back(done);
    }

    void flush(const answer_ptr<nothing>& done) override {
        link_->round_trip(
            flush_timeout, [done](error_code ec, const message&) { done->complete(ec); });
    }

    void on_writable() override { let_in({}); }
    void on_reconnected() override { let_in({}); }
    void on_closed() override { let_in(errc::connection_closed); }

private:
    void let_in(error_code ec) {
        for (auto& w : std::exchange(waiters_, {}))
            w->complete(ec);
    }

    link_ptr link_;
    publish_options options_;
    std::vector<answer_ptr<nothing>> waiters_;
};

} // namespace

std::shared_ptr<subject_inlet> open_subject(const link_ptr& l, subject_options options) {
    auto s = std::make_shared<subscriber>(l, std::move(options));
    s->start();
    return s;
}

std::shared_ptr<subject_outlet> open_outlet(const link_ptr& l, publish_options options) {
    auto o = std::make_shared<outlet>(l, std::move(options));
    o->start();
    return o;
}

} // namespace streamx::nats::detail
