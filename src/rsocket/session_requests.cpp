// The peer's requests: who answers them.

#include "session.hpp"

#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace streamx::rsocket {
namespace {

std::string what_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "unknown failure";
    }
}

/// The code that a failure goes over the wire with.
errc code_of(const std::exception_ptr& failure) {
    const auto ec = to_error_code(failure);
    const auto value = static_cast<std::uint32_t>(ec.value());
    const bool ours = ec.category() == error_category();
    return ours && value > static_cast<std::uint32_t>(errc::connection_close)
               ? static_cast<errc>(value)
               : errc::application_error;
}

} // namespace

template <class R, class Handler, class... Args>
void session::call(const flow_ptr& f, const Handler& handler, request&& r, Args... args) {
    const auto done = [](const std::shared_ptr<session>& s, const flow_ptr& to, auto&&... result) {
        if constexpr (!std::is_void_v<R>)
            s->answered(to, std::move(result)...);
    };
    try {
        if (const auto* plain = std::get_if<0>(&handler)) {
            if constexpr (std::is_void_v<R>)
                (*plain)(std::move(r), std::move(args)...);
            else
                done(shared_from_this(), f, (*plain)(std::move(r), std::move(args)...));
            return;
        }
        f->stop = std::make_shared<asio::cancellation_signal>();
        asio::co_spawn(
            executor_,
            std::get<1>(handler)(std::move(r), std::move(args)...),
            asio::bind_cancellation_slot(
                f->stop->slot(),
                [self = weak_from_this(), f, done](std::exception_ptr e, auto... result) {
                    f->stop.reset();
                    const auto s = self.lock();
                    if (!s || f->dropped)
                        return;
                    if (e)
                        s->failed(f, e);
                    else
                        done(s, f, std::move(result)...);
                }));
    } catch (...) {
        failed(f, std::current_exception());
    }
}

void session::on_request(event& e) {
    const auto f = std::make_shared<flow>(e.type);
    f->owner = weak_from_this();
    f->id = e.stream;
    engine_.attach(e.stream, f);
    request r;
    try {
        if (e.message.metadata)
            r.metadata = request_metadata::decode(*e.message.metadata, metadata_type());
    } catch (const std::exception& bad) {
        return engine_.fail(e.stream, errc::invalid, bad.what());
    }
    r.route = r.metadata.route;
    r.data_type = r.metadata.data_type.empty() ? data_type() : r.metadata.data_type;
    r.composite_metadata = metadata_type() == mime::composite;
    r.message = std::move(e.message);
    r.peer = requester(requests());
    answer(f, std::move(r), e.complete);
}

void session::answer(const flow_ptr& f, request&& r, bool complete) {
    const auto refuse = [&] {
        engine_.fail(f->id, errc::rejected, "there is no route '" + r.route + "' for this");
    };
    if (!routes_)
        return refuse();
    switch (f->type) {
    case frame_type::request_stream:
        if (const auto* h = routes_->find_stream(r.route))
            return call<any_stream<payload>>(f, *h, std::move(r));
        return refuse();
    case frame_type::request_response:
        if (const auto* h = routes_->find_response(r.route))
            return call<payload>(f, *h, std::move(r));
        return refuse();
    case frame_type::request_fnf:
        if (const auto* h = routes_->find_forget(r.route))
            call<void>(f, *h, std::move(r));
        return;
    case frame_type::request_channel:
        if (const auto* h = routes_->find_channel(r.route)) {
            f->inbox = make_inbox(f, window_);
            f->inbox->put(payload(r.message));
            if (complete)
                f->inbox->finish();
            else
                engine_.grant(f->id, f->inbox->first_credit());
            return call<any_stream<payload>>(f, *h, std::move(r), payload_stream(f->inbox));
        }
        return refuse();
    default:
        return;
    }
}

void session::answered(const flow_ptr& f, any_stream<payload> source) {
    f->source = std::move(source);
    f->sends = true;
    queue(f);
    schedule();
}

void session::answered(const flow_ptr& f, payload answer) {
    f->first = std::move(answer);
    f->sends = true;
    queue(f);
    schedule();
}

void session::failed(const flow_ptr& f, const std::exception_ptr& failure) {
    drop_source(*f);
    if (f->type == frame_type::request_fnf)
        log(log_level::warning, "rsocket: a fire-and-forget failed: " + what_of(failure));
    else if (f->id != 0)
        engine_.fail(f->id, code_of(failure), what_of(failure));
    if (f->inbox)
        f->inbox->finish(failure);
    schedule();
}

} // namespace streamx::rsocket
