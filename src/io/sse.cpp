#include <streamx/io/sse.hpp>

#include <memory>
#include <utility>

namespace streamx::io {

sse_frame::sse_frame(const sse_event& event) {
    write_buffer out;
    sse_codec().encode(event, out);
    shared_ = std::make_shared<content>(content{out.to_string(), event.id});
}

sse_sink::sse_sink(detail::http_peer peer, std::string_view head, const sse_options& options)
    : base(peer.shared, detail::sse_encoder()) {
    write_buffer beat;
    write_sse_comment({}, beat);
    watch_ = std::make_shared<detail::http_watch>(
        std::move(peer.in), box()->shared_from_this(), options.heartbeat, beat.to_string());
    box()->put([&](write_buffer& to) { to.append(head); });
    watch_->start();
}

} // namespace streamx::io
