#include "api.hpp"

#include "json.hpp"

#include <memory>
#include <utility>

namespace streamx::nats::detail {
namespace {

/// While these last there is no leader, or it is not ready, or the stream is still being made.
bool may_pass(const error_code& ec, const message& answer) {
    if (ec == errc::no_responders || ec == asio::error::timed_out)
        return true;
    if (ec.category() != jetstream_category())
        return false;
    if (ec.value() == 10012) // a consumer was not created, for many reasons
        return json_member(answer.payload(), "error.description") == "invalid stream";
    return ec.value() == 10008 || ec.value() == 10009 || ec.value() == 10004 ||
           ec.value() == 10118 || ec.value() == 10074;
}

/// Asks until it is answered otherwise than that it cannot be now. What it waits for holds it.
class api_call : public std::enable_shared_from_this<api_call> {
public:
    api_call(
        link& l,
        std::string subject,
        std::string body,
        std::chrono::milliseconds timeout,
        link::request_handler then)
        : link_(l), subject_("$JS.API." + std::move(subject)), body_(std::move(body)),
          until_(streamx::detail::later(l.now(), timeout)), then_(std::move(then)) {}

    void ask() {
        link_.request(
            subject_,
            body_,
            std::chrono::milliseconds(2000),
            [self = shared_from_this()](error_code ec, const message& m) {
                if (!ec)
                    ec = api_error(m);
                if (may_pass(ec, m) && self->link_.now() < self->until_)
                    self->ask_again();
                else
                    self->then_(ec, m);
            });
    }

private:
    void ask_again() {
        link_.pause(std::chrono::milliseconds(250), [self = shared_from_this()](error_code ec) {
            if (ec)
                self->then_(ec, {});
            else
                self->ask();
        });
    }

    link& link_; // which holds what it waits for
    std::string subject_, body_;
    clock::time_point until_;
    link::request_handler then_;
};

} // namespace

error_code api_error(const message& m) {
    if (const auto code = json_number(m.payload(), "error.err_code"))
        return {static_cast<int>(*code), jetstream_category()};
    if (json_member(m.payload(), "error") || m.payload().empty())
        return errc::malformed_answer;
    return {};
}

void call_api(
    const std::shared_ptr<link>& l,
    std::string subject,
    std::string body,
    std::chrono::milliseconds timeout,
    link::request_handler then) {
    std::make_shared<api_call>(*l, std::move(subject), std::move(body), timeout, std::move(then))
        ->ask();
}

} // namespace streamx::nats::detail
