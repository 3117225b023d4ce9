#pragma once

#include "answering.hpp"
#include "inbound.hpp"

#include <streamx/bridges/nats/detail/pull.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace streamx::nats::detail {

/// Makes a consumer, and asks it for as many messages as there is room for; again when that is lost.
class pull_consumer final : public inbound<pull_inlet>,
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
    void on_closed() override;

private:
    bool is_ordered() const noexcept { return options_.durable.empty(); }
    std::string path() const { return options_.stream + '.' + consumer_; }
    std::shared_ptr<alarm> when(void (pull_consumer::*what)());

    void create();
    void created(error_code ec, const message& m);
    void pump();
    void ask(std::size_t n);
    void on_status(const message& m, const std::string& status);
    void reset();
    void check();
    void retry_later();
    void watch_time();
    void tell_in_progress();
    void silence() noexcept;
    void fail(error_code ec) override;

    source_options options_;
    std::string inbox_, consumer_;
    std::shared_ptr<answering> answers_;
    std::map<std::uint64_t, std::size_t> requests_; // what each of ours has still to bring
    std::size_t outstanding_ = 0;                   // the sum of that
    std::uint64_t last_request_ = 0;
    std::uint64_t last_sequence_ = 0, last_consumer_sequence_ = 0; // of an ordered consumer
    bool created_ = false, creating_ = false, is_first_ = true, checking_ = false;
    bool stopped_ = false;
    unsigned unheard_ = 0;
    clock::time_point heard_{};
    std::shared_ptr<alarm> silence_, retry_, progress_;
};

} // namespace streamx::nats::detail
