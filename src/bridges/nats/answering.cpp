#include "answering.hpp"

#include "pulled_message.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace streamx::nats::detail {

answering::answering(const link_ptr& l, const source_options& o)
    : link_(l), is_ordered_(o.durable.empty()), ack_wait_(o.ack_wait), deduplicate_(o.deduplicate) {
}

void answering::start() {
    // Also when the source is gone, as long as there are deliveries, which hold us.
    progress_ = std::make_shared<alarm>(executor(), [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->tell_in_progress();
    });
    progress_->set(ack_wait_ / 3);
}

void answering::say(std::string_view reply, std::string_view how) noexcept {
    link_->publish(std::string(reply).c_str(), nullptr, how);
}

void answering::ask(std::string_view reply, std::string_view how, link::request_handler then) {
    link_->request(std::string(reply), how, std::chrono::seconds(5), std::move(then));
}

void answering::refuse(std::string_view reply, std::string how) {
    std::lock_guard lock(link_->mutex);
    if (link_->is_closing())
        return; // also that its context is gone
    refusals_.push_back({std::string(reply), std::move(how)});
    if (!refusals_wait_ && !std::exchange(refusals_posted_, true))
        asio::post(executor(), [self = shared_from_this()] {
            std::lock_guard relock(self->link_->mutex);
            self->refusals_posted_ = false;
            if (!self->refusals_wait_)
                self->send_refusals();
        });
}

void answering::send_refusals() {
    for (const auto& r : std::exchange(refusals_, {}))
        say(r.reply, r.how);
}

/// What is refused while the server still has a request whose answer nobody awaits can be sent there
/// and so lost until `ack_wait` is over (and server 2.9 then sends another message twice). When it says
/// how the consumer stands it forgets such requests.
void answering::retire(const std::deque<message>& unwanted, const std::string& path) {
    is_retired_ = true;
    silence_progress();
    if (is_ordered_)
        return;
    for (const auto& m : unwanted)
        refusals_.push_back({std::string(m.reply()), "-NAK"});
    if (path.empty() || !link_->is_connected())
        return send_refusals();
    refusals_wait_ = true;
    link_->request(
        "$JS.API.CONSUMER.INFO." + path,
        {},
        std::chrono::milliseconds(1000),
        [self = shared_from_this()](error_code, const message&) {
            self->refusals_wait_ = false;
            self->send_refusals();
        });
}

void answering::confirmed(std::uint64_t sequence) {
    if (deduplicate_ == 0)
        return;
    std::lock_guard lock(mutex_);
    if (!confirmed_.insert(sequence).second)
        return;
    confirmed_order_.push_back(sequence);
    if (confirmed_order_.size() > deduplicate_) {
        confirmed_.erase(confirmed_order_.front());
        confirmed_order_.pop_front();
    }
}

bool answering::is_confirmed(std::uint64_t sequence) {
    if (deduplicate_ == 0)
        return false;
    std::lock_guard lock(mutex_);
    return confirmed_.contains(sequence);
}

void answering::hold(pulled_message* m) {
    if (!progress_)
        return;
    std::lock_guard lock(mutex_);
    held_.insert(m);
}

void answering::release(pulled_message* m) {
    if (!progress_)
        return;
    {
        std::lock_guard lock(mutex_);
        held_.erase(m);
    }
    if (is_retired_)
        silence_progress();
}

/// When the source is gone and the last delivery as well.
void answering::silence_progress() noexcept {
    std::lock_guard lock(mutex_);
    if (progress_ && held_.empty())
        progress_->silence();
}

void answering::tell_in_progress() {
    std::lock_guard lock(mutex_);
    for (auto* m : held_)
        m->in_progress();
    if (!is_retired_ || !held_.empty())
        progress_->set(ack_wait_ / 3);
}

} // namespace streamx::nats::detail
