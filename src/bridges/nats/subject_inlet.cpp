#include "inbound.hpp"
#include "names.hpp"

#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/core/detail/checked.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx::nats::detail {
namespace {

/// Takes what has arrived into a queue that is bounded, so that what is dropped is known.
class subscriber final : public inbound<subject_inlet>,
                         public std::enable_shared_from_this<subscriber> {
public:
    subscriber(const link_ptr& l, subject_options o) : inbound(l), options_(std::move(o)) {
        streamx::detail::checked_size(
            options_.capacity, "subject_source: capacity must be at least 1");
        require(is_pattern(options_.subject), "subject_source: that is not a subject");
        require(
            options_.queue.empty() || is_pattern(options_.queue),
            "subject_source: queue must be a word without blanks");
        require(
            options_.when_full == overflow::fail || options_.when_full == overflow::drop_oldest ||
                options_.when_full == overflow::drop_newest,
            "subject_source: when_full is drop_oldest, drop_newest or fail, as a publisher cannot "
            "be "
            "made to wait");
    }

    void start() {
        std::lock_guard lock(link_->mutex);
        listen(shared_from_this(), options_.subject, options_.queue, -1);
    }

    message try_take() override {
        std::lock_guard lock(link_->mutex);
        return take("subject_source");
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
            if (options_.when_full == overflow::fail)
                fail(errc::slow_consumer);
            if (options_.when_full != overflow::drop_oldest)
                return;
            queue_.pop_front();
        }
        if (!failure_)
            queue_.push_back(std::move(m));
    }

private:
    subject_options options_;
    std::uint64_t received_ = 0, dropped_ = 0;
};

} // namespace

std::shared_ptr<subject_inlet> open_subject(const link_ptr& l, subject_options options) {
    auto s = std::make_shared<subscriber>(l, std::move(options));
    s->start();
    return s;
}

} // namespace streamx::nats::detail
