#pragma once

#include "api.hpp"

#include <streamx/bridges/nats/detail/pull.hpp>

#include <deque>
#include <set>
#include <unordered_set>

namespace streamx::nats::detail {

class pull_consumer;

/// A message that was pulled, of which each item has to be answered.
class pulled_message {
public:
    pulled_message(std::shared_ptr<pull_consumer> from, message m);
    ~pulled_message();

    message what;
    metadata facts;

    void expect(std::size_t items) noexcept { left_ = items; }
    /// One item less; the last acknowledges.
    void ack() noexcept;
    void ack(const answer_ptr<nothing>& done);
    void answer(std::string_view how) noexcept; ///< for good
    void refuse(std::string how) noexcept;
    void in_progress() noexcept;
    asio::any_io_executor executor() const;

private:
    std::shared_ptr<pull_consumer> from_;
    std::atomic<std::size_t> left_ = 1;
    std::atomic<bool> answered_ = false;
};

class pull_consumer final : public pull_inlet,
                            public link_member,
                            public std::enable_shared_from_this<pull_consumer> {
public:
    pull_consumer(const link_ptr& l, source_options o);

    void start();
    std::shared_ptr<pulled_message> try_take() override;
    void stop() noexcept override;

    void on_message(message m) override;
    void on_no_responders() override;
    void on_read() override;
    void on_reconnected() override { reset(); }
    void on_closed() override {
        send_refusals();
        fail(errc::connection_closed);
    }

private:
    friend class pulled_message;
    bool ordered() const noexcept { return options_.durable.empty(); }
    void create();
    void created(error_code ec, const message& m);
    void pump();
    void ask(std::size_t n);
    void on_status(const message& m, const std::string& status);
    void reset();
    void retry_later();
    void watch_time();
    void fail(error_code ec);
    void confirmed(std::uint64_t sequence);
    bool is_confirmed(std::uint64_t sequence);
    void tell_in_progress();
    void silence_progress() noexcept;
    std::string path() const { return options_.stream + '.' + consumer_; }
    void refuse(std::string reply, std::string how);
    void send_refusals();

    link_ptr link_; // the user's: it keeps the connection open
    source_options options_;
    std::string inbox_, consumer_;
    std::deque<message> queue_;
    std::map<std::uint64_t, std::size_t> requests_; // what each of ours has still to bring
    std::size_t outstanding_ = 0;                   // the sum of that
    std::uint64_t last_request_ = 0;
    std::uint64_t last_sequence_ = 0, last_consumer_sequence_ = 0; // of an ordered consumer
    bool created_ = false, creating_ = false, is_first_ = true;
    std::atomic<bool> stopped_ = false;
    unsigned unheard_ = 0;
    error_code failure_;
    clock::time_point heard_{};
    std::shared_ptr<alarm> silence_, retry_, progress_;

    struct refusal {
        std::string reply, how;
    };
    std::vector<refusal> refusals_; // that have not been sent
    bool refusals_posted_ = false;
    bool refusals_wait_ = false; // until the server has forgotten what was asked for

    std::mutex held_mutex_; // of what follows
    std::set<pulled_message*> held_;
    std::unordered_set<std::uint64_t> confirmed_;
    std::deque<std::uint64_t> confirmed_order_;
};

} // namespace streamx::nats::detail
