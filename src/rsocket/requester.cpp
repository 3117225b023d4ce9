#include <streamx/rsocket/requester.hpp>

#include "session.hpp"

#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>

#include <utility>

namespace streamx::rsocket {
namespace {

frame_type type_of(detail::interaction what) noexcept {
    switch (what) {
    case detail::interaction::response:
        return frame_type::request_response;
    case detail::interaction::stream:
        return frame_type::request_stream;
    case detail::interaction::channel:
        return frame_type::request_channel;
    case detail::interaction::forget:
        break;
    }
    return frame_type::request_fnf;
}

/// The metadata of a request, as the connection's type of metadata has it. What has no place there is not
/// left out in silence.
std::optional<std::string> written(const request_metadata& to, const std::string& type) {
    if (type == mime::composite)
        return to.encode();
    const bool routing = type == mime::routing;
    const bool more = to.who || !to.data_type.empty() || !to.accepted_types.empty() ||
                      !to.traceparent.empty() || !to.others.empty() ||
                      (!routing && to.tags.size() > 1);
    if (more)
        io::throw_codec_error(
            streamx::errc::unencodable,
            "rsocket: the metadata of this connection is not composite, so a request can give no "
            "MIME "
            "types, credentials or traceparent");
    if (routing)
        return encode_routing(to.tags.empty() ? std::vector{to.route} : to.tags);
    const auto& route = to.tags.empty() ? to.route : to.tags.front();
    return route.empty() ? std::nullopt : std::optional(route);
}

class session_requester final : public detail::requester_core {
public:
    explicit session_requester(session& s) : session_(s.weak_from_this()) {
        executor = s.get_executor();
    }

    std::shared_ptr<detail::inbox> request(
        detail::interaction what,
        request_metadata&& to,
        payload&& message,
        any_stream<payload>&& items) override {
        const auto s = session_.lock();
        if (!s)
            return closed();
        if (!message.metadata)
            message.metadata = written(to, s->metadata_type());
        const bool one =
            what == detail::interaction::response || what == detail::interaction::forget;
        return s->begin(type_of(what), std::move(message), one ? 1 : s->window(), std::move(items));
    }

    std::shared_ptr<detail::inbox> metadata_push(std::string metadata) override {
        const auto s = session_.lock();
        return s ? s->begin(frame_type::metadata_push, {{}, std::move(metadata)}, 1) : closed();
    }

    const std::string& data_type() const noexcept override {
        static const std::string none;
        const auto s = session_.lock();
        return s ? s->data_type() : none; // which does not change as long as the session is there
    }

private:
    std::shared_ptr<detail::inbox> closed() const {
        return not_made(make_failure(streamx::errc::closed, "rsocket: the connection is closed"));
    }

    std::weak_ptr<session> session_;
};

} // namespace

std::shared_ptr<detail::requester_core> session::requests() {
    if (!requests_)
        requests_ = std::make_shared<session_requester>(*this);
    return requests_;
}

std::shared_ptr<detail::inbox> detail::requester_core::not_made(std::exception_ptr why) const {
    auto in = std::make_shared<flow_inbox>(executor, 1);
    in->finish(std::move(why));
    return in;
}

} // namespace streamx::rsocket
