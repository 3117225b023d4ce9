#include "flow_inbox.hpp"

#include "session.hpp"

#include <algorithm>
#include <utility>

namespace streamx::rsocket {

namespace {

std::size_t size_of(const payload& item) noexcept {
    return item.data.size() + (item.metadata ? item.metadata->size() : 0);
}

} // namespace

flow_inbox::flow_inbox(
    asio::any_io_executor ex, std::uint32_t window, std::unique_ptr<byte_window> bytes)
    : bytes_(std::move(bytes)), window_(window), top_up_(std::max(window / 2, 1U)) {
    executor = std::move(ex);
}

poll<payload> flow_inbox::try_next() {
    if (items_.empty()) {
        if (failure_)
            std::rethrow_exception(failure_);
        return over_ ? poll<payload>(end) : poll<payload>(pending);
    }
    if (bytes_) [[unlikely]] {
        auto item = items_.pop();
        ask_for(bytes_->took(size_of(item)));
        return item;
    }
    if (++taken_ >= top_up_)
        ask_for(std::exchange(taken_, 0));
    return items_.pop();
}

void flow_inbox::ask_for(std::uint32_t n) {
    if (n == 0 || over_)
        return;
    if (const auto f = from.lock())
        if (const auto s = f->owner.lock())
            s->grant(*f, n);
}

void flow_inbox::abandon() noexcept {
    items_.clear();
    if (std::exchange(over_, true))
        return;
    if (const auto f = from.lock())
        if (const auto s = f->owner.lock())
            s->abandon(f);
}

void flow_inbox::put(payload&& item) {
    if (over_)
        return;
    if (items_.empty())
        ready->wake();
    if (bytes_)
        bytes_->came(size_of(item));
    items_.push(std::move(item));
}

void flow_inbox::put(std::string_view data) {
    if (over_)
        return;
    if (items_.empty())
        ready->wake();
    if (bytes_)
        bytes_->came(data.size());
    items_.push(data);
}

void flow_inbox::finish(std::exception_ptr failure) {
    if (std::exchange(over_, true))
        return;
    failure_ = std::move(failure);
    ready->wake();
}

} // namespace streamx::rsocket
