#pragma once

#include "link.hpp"

#include <streamx/bridges/nats/detail/inlet.hpp>

#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace streamx::nats::detail {

/// What the two sources have in common: messages of a link that wait until they are taken, and then why
/// no more come.
template <class Inlet>
class inbound : public Inlet, public link_member {
public:
    void on_read() override {
        if (!queue_.empty() || failure_)
            this->arrived.wake();
    }
    void on_closed() override { fail(errc::connection_closed); }

protected:
    explicit inbound(link_ptr l) : link_(std::move(l)) { this->executor = link_->executor(); }

    /// Begins to listen, or fails.
    void listen(
        const std::shared_ptr<link_member>& self,
        const std::string& subject,
        const std::string& queue,
        int limit) {
        if (const auto ec = link_->subscribe(subject, queue, self, limit))
            return fail(ec);
        link_->join(self);
    }

    /// The next message, if there is one. Throws once it has failed.
    message take(const char* who) {
        if (queue_.empty()) {
            if (failure_)
                throw boost::system::system_error(failure_, who);
            return {};
        }
        auto m = std::move(queue_.front());
        queue_.pop_front();
        return m;
    }

    /// Behind what waits; the first failure counts.
    virtual void fail(error_code ec) {
        if (failure_)
            return;
        failure_ = ec;
        this->arrived.wake();
    }

    link_ptr link_; // the user's: it keeps the connection open
    std::deque<message> queue_;
    error_code failure_;
};

} // namespace streamx::nats::detail
