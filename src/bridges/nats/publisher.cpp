#include "json.hpp"
#include "link.hpp"
#include "names.hpp"

#include <streamx/bridges/nats/detail/publisher.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <deque>
#include <vector>

namespace streamx::nats::detail {
namespace {

constexpr auto pause = std::chrono::milliseconds(50);

/// Whether an answer says that the message may be stored later: there is no leader, or an earlier
/// message of the ordered chain is not there yet.
bool may_pass(int code) {
    return code == 10070 || code == 10008 || code == 10009 || code == 10004 || code == 10074 ||
           code == 10077;
}

/// Goes back to the oldest message that is not acknowledged and sends all again, in order, with the
/// same ids.
///
/// Messages that leave together share the subject on which they are acknowledged: the server looks up
/// once who listens there. Together they are done, when as many different ones are acknowledged there
/// as were sent; each sending has subjects of its own, so that no answer counts for another.
class go_back_publisher final : public publisher,
                                public link_member,
                                public std::enable_shared_from_this<go_back_publisher> {
    struct outgoing {
        std::string payload;
        clock::time_point first_sent;
    };
    struct group {
        std::string reply;
        std::size_t sent = 0;
        std::size_t bytes = 0;
        std::vector<std::uint64_t> stored{}; // as which messages of the stream; sorted
    };

public:
    go_back_publisher(const link_ptr& l, const sink_options& o)
        : link_(l), options_(o), inbox_(l->new_inbox()), ex_(l->executor()), base_(o.first_id) {
        require(is_subject(o.subject), "jetstream_sink: there must be a subject to publish on");
        require(
            is_header_value(o.id_prefix) && is_header_value(o.expected_last_id),
            "jetstream_sink: an id has no control characters");
        require(o.ack_timeout.count() > 0, "jetstream_sink: ack_timeout must be more than 0");
        require(o.give_up.count() > 0, "jetstream_sink: give_up must be more than 0");
        if (options_.id_prefix.empty())
            options_.id_prefix = inbox_.substr(inbox_.find('.') + 1); // of random letters
    }

    void start() {
        std::lock_guard lock(link_->mutex);
        const auto when = [this](void (go_back_publisher::*what)()) {
            return std::make_shared<alarm>(ex_, [weak = weak_from_this(), what] {
                if (auto self = weak.lock()) {
                    const auto l = self->link_;
                    if (!l)
                        return;
                    std::lock_guard relock(l->mutex);
                    (*self.*what)();
                }
            });
        };
        late_ = when(&go_back_publisher::check_time);
        again_ = when(&go_back_publisher::resend);
        if (link_->is_closing())
            return fail(errc::connection_closed);
        if (const auto ec = link_->subscribe(inbox_ + ".*", {}, shared_from_this(), -1))
            return fail(ec);
        link_->join(weak_from_this());
    }

    asio::any_io_executor executor() const override { return ex_; }

    bool has_room() const override {
        std::lock_guard lock(link_->mutex);
        return !failure_ && unacked_.size() < options_.window && bytes_ < options_.window_bytes;
    }

    void publish(std::string payload) override {
        std::lock_guard lock(link_->mutex);
        if (failure_)
            return;
        bytes_ += payload.size();
        ++stats_.accepted;
        unacked_.push_back({std::move(payload), late_->now()});
        self_ = shared_from_this();
        // Behind a fault nothing new is sent before what is sent again.
        if (link_->is_connected() && !again_->is_set() && sent_ + 1 == unacked_.size())
            send(unacked_.size() - 1);
        if (!late_->is_set()) {
            last_answer_ = late_->now();
            late_->set(options_.ack_timeout);
        }
    }

    std::size_t max_payload() const override {
        constexpr std::size_t names_of_headers = 64, digits = 21;
        const auto id = options_.id_prefix.size() + digits;
        const auto headers = names_of_headers + id + std::max(id, options_.expected_last_id.size());
        const auto most = link_->max_payload();
        return most > headers ? most - headers : 0;
    }

    void flush(const answer_ptr<nothing>& done, bool filling) override {
        std::lock_guard lock(link_->mutex);
        const auto last = base_ + unacked_.size() + (filling ? 1 : 0); // one past it
        if (failure_ || base_ >= last)
            return done->complete(failure_);
        flushes_.emplace_back(last, done);
    }

    void when_stored(std::function<void(error_code)> then, bool filling) override {
        std::lock_guard lock(link_->mutex);
        stored_.emplace_back(base_ + unacked_.size() + (filling ? 1 : 0), std::move(then));
        if (failure_ || stored_.front().first <= base_)
            call_back(failure_);
    }

    void wait_for_room(const answer_ptr<nothing>& done) override {
        std::lock_guard lock(link_->mutex);
        if (failure_ || has_room())
            return done->complete(failure_);
        waiters_.push_back(done);
    }

    sink_stats stats() const override {
        std::lock_guard lock(link_->mutex);
        auto s = stats_;
        s.in_flight = unacked_.size();
        s.in_flight_bytes = bytes_;
        return s;
    }

    void linger(std::chrono::milliseconds time, std::function<void()> fn) override {
        std::lock_guard lock(link_->mutex);
        if (!linger_)
            linger_ = std::make_shared<alarm>(ex_, std::move(fn));
        if (!failure_ && !linger_->is_set())
            linger_->set(time);
    }

    void on_message(message m) override {
        const auto number = last_number(m.subject());
        const auto answer = m.payload();
        last_answer_ = late_->now();
        if (number < first_group_ || number - first_group_ >= groups_.size())
            return; // of what was sent again since, or has been acknowledged
        const auto mentions = [answer](std::string_view word) {
            return answer.find(word) != std::string_view::npos; // to look is cheap, to parse is not
        };
        const auto code = mentions("error") ? json_number(answer, "error.err_code") : std::nullopt;
        if (code) {
            last_refusal_ = {static_cast<int>(*code), jetstream_category()};
            if (!may_pass(last_refusal_.value()))
                return fail(last_refusal_);
            if (!again_->is_set())
                again_->set(pause);
            return;
        }
        const auto sequence = json_number(answer, "seq");
        if (!sequence)
            return; // not an answer
        auto& stored = groups_[number - first_group_].stored;
        const auto at = std::ranges::lower_bound(stored, *sequence);
        if (at != stored.end() && *at == *sequence)
            return; // a new leader says what the old one has said
        stored.insert(at, *sequence);
        last_refusal_ = {};
        stats_.last_sequence = *sequence;
        stats_.duplicates += mentions("duplicate") && json_member(answer, "duplicate") == "true";
        for (; !groups_.empty() && groups_.front().stored.size() == groups_.front().sent;
             groups_.pop_front(), ++first_group_)
            forget(groups_.front().sent);
    }

    void on_no_responders() override { last_refusal_ = errc::no_responders; }

    void on_read() override {
        while (!flushes_.empty() && flushes_.front().first <= base_) {
            flushes_.front().second->complete({});
            flushes_.pop_front();
        }
        if (!stored_.empty() && stored_.front().first <= base_)
            call_back({});
        if (!waiters_.empty() && unacked_.size() <= options_.window / 4 * 3 &&
            bytes_ <= options_.window_bytes / 4 * 3)
            for (auto& w : std::exchange(waiters_, {}))
                w->complete({});
        if (unacked_.empty())
            self_.reset(); // the link holds us for as long as this runs
    }

    void on_writable() override { together_ = false; }
    void on_reconnected() override { resend(); }
    void on_closed() override { fail(errc::connection_closed); }

    ~go_back_publisher() override {
        for (const auto& a : {late_, again_, linger_})
            if (a)
                a->silence();
        link_->unsubscribe(this);
    }

private:
    std::string id_of(std::uint64_t number) const {
        return options_.id_prefix + ':' + std::to_string(number);
    }

    void send(std::size_t index) {
        auto& out = unacked_[index];
        const auto number = base_ + index;
        auto& with = group_for(out.payload.size());
        natsMsg* m = nullptr;
        if (natsMsg_Create(
                &m,
                options_.subject.c_str(),
                with.reply.c_str(),
                out.payload.data(),
                static_cast<int>(out.payload.size())) != NATS_OK)
            throw std::bad_alloc();
        const message own(m);
        natsMsgHeader_Set(m, "Nats-Msg-Id", id_of(number).c_str());
        if (options_.order == publish_order::ordered) {
            const auto before =
                number == options_.first_id ? options_.expected_last_id : id_of(number - 1);
            if (!before.empty())
                natsMsgHeader_Set(m, "Nats-Expected-Last-Msg-Id", before.c_str());
        }
        if (const auto ec = link_->publish(m); ec == errc::message_too_large)
            fail(ec); // the server is another one, which takes less; anything else is sent again
    }

    /// Of as many as would not be missed from the window for a while.
    group& group_for(std::size_t bytes) {
        const auto most = std::clamp<std::size_t>(options_.window / 16, 1, 64);
        if (!std::exchange(together_, true) || groups_.empty() || groups_.back().sent >= most ||
            groups_.back().bytes >= options_.window_bytes / 16)
            groups_.push_back(
                {.reply = inbox_ + '.' + std::to_string(first_group_ + groups_.size())});
        auto& last = groups_.back();
        ++last.sent;
        ++sent_;
        last.bytes += bytes;
        return last;
    }

    /// The oldest messages, which are acknowledged.
    void forget(std::size_t count) {
        stats_.acknowledged += count;
        base_ += count;
        sent_ -= count;
        for (; count != 0; --count) {
            bytes_ -= unacked_.front().payload.size();
            unacked_.pop_front();
        }
    }

    void resend() {
        if (failure_ || !link_->is_connected())
            return;
        first_group_ += groups_.size();
        groups_.clear();
        sent_ = 0;
        for (std::size_t i = 0; i < unacked_.size() && !failure_; ++i) {
            ++stats_.resent;
            send(i);
        }
        last_answer_ = late_->now();
    }

    void check_time() {
        if (unacked_.empty() || failure_)
            return;
        const auto now = late_->now();
        if (now - unacked_.front().first_sent >= options_.give_up)
            return fail(last_refusal_ ? last_refusal_ : error_code(asio::error::timed_out));
        if (now - last_answer_ >= options_.ack_timeout)
            resend();
        late_->set(options_.ack_timeout);
    }

    /// Those whose messages are stored; with an error all. Posted, as they may do anything.
    void call_back(error_code ec) {
        std::vector<std::function<void(error_code)>> due;
        for (; !stored_.empty() && (ec || stored_.front().first <= base_); stored_.pop_front())
            due.push_back(std::move(stored_.front().second));
        asio::post(ex_, [due = std::move(due), ec] {
            for (const auto& then : due)
                then(ec);
        });
    }

    void fail(error_code ec) {
        if (failure_)
            return;
        failure_ = ec;
        has_failed_ = true;
        call_back(ec);
        for (auto& [last, done] : std::exchange(flushes_, {}))
            done->complete(ec);
        for (auto& w : std::exchange(waiters_, {}))
            w->complete(ec);
        unacked_.clear();
        groups_.clear();
        sent_ = 0;
        bytes_ = 0;
        for (const auto& a : {late_, again_, linger_})
            if (a)
                a->silence();
        self_.reset(); // who calls this holds us
    }

    link_ptr link_;
    sink_options options_;
    std::string inbox_;
    asio::any_io_executor ex_;
    std::deque<outgoing> unacked_;
    std::uint64_t base_; // the number of the first of them
    std::size_t bytes_ = 0;
    std::size_t sent_ = 0;     // so many of them; those at the end are not, after a fault
    std::deque<group> groups_; // of those, in order
    std::uint64_t first_group_ = 0;
    bool together_ = false; // the next one leaves with the last
    sink_stats stats_;
    error_code failure_;
    error_code last_refusal_; // since something was acknowledged
    clock::time_point last_answer_{};
    std::deque<std::pair<std::uint64_t, answer_ptr<nothing>>> flushes_;
    std::deque<std::pair<std::uint64_t, std::function<void(error_code)>>> stored_;
    std::vector<answer_ptr<nothing>> waiters_;
    std::shared_ptr<alarm> late_, again_, linger_;
    std::shared_ptr<go_back_publisher> self_; // while something is not acknowledged
};

} // namespace

std::shared_ptr<publisher> open_publisher(const link_ptr& l, const sink_options& options) {
    auto p = std::make_shared<go_back_publisher>(l, options);
    p->start();
    return p;
}

} // namespace streamx::nats::detail
