#include "flow_inbox.hpp"

#include "fragments.hpp"
#include "session.hpp"

#include <algorithm>
#include <utility>

namespace streamx::rsocket {

flow_inbox::flow_inbox(
    asio::any_io_executor ex, std::uint32_t window, std::unique_ptr<byte_window> bytes)
    : bytes_(std::move(bytes)), window_(window), top_up_(std::max(window / 2, 1U)) {
    executor = std::move(ex);
}

poll<payload> flow_inbox::try_next() {
    if (items_.empty()) [[unlikely]]
        return without_item();
    if (++taken_ >= top_up_ || bytes_) [[unlikely]]
        return take_and_ask();
    return items_.pop();
}

poll<payload> flow_inbox::without_item() const {
    if (failure_)
        std::rethrow_exception(failure_);
    return over_ ? poll<payload>(end) : poll<payload>(pending);
}

poll<payload> flow_inbox::take_and_ask() {
    auto item = items_.pop();
    ask_for(bytes_ ? bytes_->took(size_of(*item)) : taken_);
    taken_ = 0;
    return item;
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

bool flow_inbox::put(payload&& item) {
    if (over_)
        return false;
    const bool first = items_.empty();
    if (bytes_)
        bytes_->came(size_of(item));
    items_.push(std::move(item));
    return first;
}

bool flow_inbox::put(const item_run& items) {
    if (over_)
        return false;
    const bool first = items_.empty();
    if (bytes_)
        items.each([&](std::string_view data) { bytes_->came(data.size()); });
    items_.push(items);
    return first;
}

bool flow_inbox::close(std::exception_ptr failure) {
    if (std::exchange(over_, true))
        return false;
    failure_ = std::move(failure);
    return true;
}

} // namespace streamx::rsocket
