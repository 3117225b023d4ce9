#pragma once

#include "alarm.hpp"
#include "link_member.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::nats::detail {

class link;

/// What was asked on a link and is not answered yet. All answers arrive at one inbox, each at a subject
/// with the number of its question. Used, and `then` called, under the link's lock.
class requests final : public link_member {
public:
    using handler = std::function<void(error_code, const message&)>;

    explicit requests(link& l);

    /// Where the answers arrive.
    std::string inbox() const;

    void
    ask(const std::string& subject,
        std::string_view payload,
        std::chrono::milliseconds timeout,
        handler then);
    /// When it has come back the server has had all that was published before.
    void round_trip(std::chrono::milliseconds timeout, handler then);
    /// Calls back when that time is over.
    void pause(std::chrono::milliseconds time, std::function<void(error_code)> then);

    clock::time_point now() const noexcept { return alarm_->now(); }

    /// Nothing is answered any more.
    void fail(error_code ec);
    /// The same, and nobody is told.
    void drop();

    void on_message(message m) override;
    void on_no_responders() override;

private:
    struct waiting {
        handler then;
        clock::time_point due;
        bool asked; // or only a pause, say
    };
    std::string reply_to(std::uint64_t number) const;
    void wait_for(std::uint64_t number, waiting w);
    void expire();

    link& link_;
    std::map<std::uint64_t, waiting> all_;
    std::uint64_t last_ = 0;
    clock::time_point next_due_ = clock::time_point::max();
    std::shared_ptr<alarm> alarm_;
};

} // namespace streamx::nats::detail
