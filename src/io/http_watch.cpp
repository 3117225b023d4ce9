#include <streamx/io/detail/http_watch.hpp>

#include <algorithm>
#include <utility>

namespace streamx::io::detail {

struct http_watch::read_op {
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;
    executor_type get_executor() const noexcept { return executor; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return enough->slot(); }

    void operator()(error_code ec) {
        if (const auto alive = watch.lock())
            alive->heard(ec);
    }

    executor_type executor;
    std::shared_ptr<asio::cancellation_signal> enough;
    std::weak_ptr<http_watch> watch;
};

http_watch::http_watch(half<reader<transport>> in, const std::shared_ptr<outbox<transport>>& out)
    : http_watch(std::move(in), out, endpoint_limits::no_deadline, {}) {
    another_follows_ = true;
}

http_watch::http_watch(
    half<reader<transport>> in,
    const std::shared_ptr<outbox<transport>>& out,
    endpoint_limits::duration every,
    std::string beat)
    : executor_(out->get_executor()), in_(std::move(in)), out_(out), every_(every),
      beat_(std::move(beat)), enough_(std::make_shared<asio::cancellation_signal>()),
      dog_(executor_) {
    if (in_.get())
        in_->let_be_quiet(true);
}

void http_watch::start() {
    since_ = dog_.now();
    dog_.watch(shared_from_this());
    if (in_.get())
        listen();
}

void http_watch::stop() {
    stopped_ = true;
    dog_.stop();
    enough_->emit(asio::cancellation_type::total);
}

half<reader<transport>> http_watch::give_back() {
    if (in_.get())
        in_->let_be_quiet(false);
    return std::move(in_);
}

void http_watch::listen() {
    if (!another_follows_)
        in_->remain({});
    if (!in_->bytes().empty())
        return; // who asks for more is there
    in_->starve();
    listening_ = true;
    in_->async_wait(read_op{in_->get_executor(), enough_, weak_from_this()});
}

void http_watch::heard(error_code ec) {
    listening_ = false;
    const auto out = out_.lock();
    if (ec || stopped_ || !out || !out->open())
        return stop();
    if (!in_->over())
        return listen();
    out->close();
    stop();
}

std::optional<time_point> http_watch::deadline() const noexcept {
    if (stopped_ || every_ == endpoint_limits::no_deadline)
        return {};
    const auto out = out_.lock();
    return streamx::detail::later(out ? std::max(since_, out->moved_at()) : since_, every_);
}

void http_watch::on_deadline() {
    const auto out = out_.lock();
    if (!out || !out->open())
        return stop();
    since_ = dog_.now();
    if (out->queued_bytes() == 0)
        out->put([this](write_buffer& to) { to.append(beat_); });
    else
        out->refused(); // a peer that takes nothing any more is given up after `write_stall`
    dog_.watch(shared_from_this());
}

} // namespace streamx::io::detail
