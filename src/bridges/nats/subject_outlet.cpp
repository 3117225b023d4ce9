#include "link.hpp"
#include "names.hpp"

#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/core/detail/checked.hpp>

#include <boost/system/system_error.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx::nats::detail {
namespace {

constexpr auto flush_timeout = std::chrono::seconds(10);

class outlet final : public subject_outlet,
                     public link_member,
                     public std::enable_shared_from_this<outlet> {
public:
    outlet(const link_ptr& l, publish_options o) : link_(l), options_(std::move(o)) {
        require(
            is_subject(options_.subject), "subject_sink: there must be a subject to publish on");
        streamx::detail::checked_size(
            options_.buffered_bytes, "subject_sink: buffered_bytes must be at least 1");
    }

    void start() {
        std::lock_guard lock(link_->mutex);
        link_->join(weak_from_this());
    }

    bool has_room() const override {
        return link_->is_closing() ||
               (link_->is_connected() && link_->buffered() < options_.buffered_bytes);
    }

    bool try_publish(std::string_view payload) override {
        const auto ec = link_->is_closing()
                            ? error_code(errc::connection_closed)
                            : link_->publish(options_.subject.c_str(), nullptr, payload);
        if (ec)
            throw boost::system::system_error(ec, "subject_sink");
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

std::shared_ptr<subject_outlet> open_outlet(const link_ptr& l, publish_options options) {
    auto o = std::make_shared<outlet>(l, std::move(options));
    o->start();
    return o;
}

} // namespace streamx::nats::detail
