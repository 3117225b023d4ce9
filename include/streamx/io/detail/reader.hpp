#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/on_demand.hpp>
#include <streamx/io/detail/read_space.hpp>
#include <streamx/io/detail/watchdog.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::io::detail {

/// The reading half of a connection: its buffer, and at most one read that is under way.
template <class S>
class reader : public on_demand<reader<S>, typename connection<S>::executor_type> {
public:
    using executor_type = typename connection<S>::executor_type;

    explicit reader(connection_ptr<S> c)
        : connection_(std::move(c)), dog_(connection_->get_executor()) {
        connection_->join();
    }

    connection<S>& shared() const noexcept { return *connection_; }
    executor_type get_executor() const noexcept { return connection_->get_executor(); }

    std::string_view bytes() const noexcept { return space_.bytes(); }
    /// To make items of parts of them.
    read_space& space() noexcept { return space_; }
    /// Only these of them have not been taken.
    void remain(std::string_view in) noexcept { space_.left(in.size()); }

    bool over() const noexcept { return ended_ || error_; }
    /// Whether it is over by an end of input; otherwise by this.
    bool ended() const noexcept { return ended_; }
    error_code error() const noexcept { return error_; }

    /// Nothing can be made of the bytes that are there.
    void starve() noexcept { starved_ = true; }
    bool ready() const noexcept { return !starved_ || over(); }

    /// Whether it is all right that nothing comes: then there is no `idle_timeout`.
    void let_be_quiet(bool all_right) noexcept {
        may_be_quiet_ = all_right;
        quiet_since_.reset();
    }
    /// From now on all has to be over by then.
    void end_by(time_point t) noexcept { end_by_ = t; }
    /// Throws away what is there. Whether it is over.
    bool discard() {
        remain({});
        starve();
        if (!over() && dog_.now() >= end_by_)
            error_ = errc::shutdown_timeout;
        return over();
    }

    watchdog<executor_type>& dog() noexcept { return dog_; }
    std::optional<time_point> deadline() const noexcept {
        if (!this->waiting() || !quiet_since_)
            return {};
        if (may_be_quiet_)
            return end_by_;
        return std::min(end_by_, streamx::detail::later(*quiet_since_, connection_->limits.idle));
    }
    void on_deadline() {
        error_ = dog_.now() >= end_by_ ? errc::shutdown_timeout : errc::idle_timeout;
        this->stop();
        this->arrived();
    }

private:
    friend class on_demand<reader, executor_type>;

    template <class Handler>
    void start(Handler handler) {
        connection_->stream.async_read_some(space_.prepare(), std::move(handler));
    }

    void came(error_code ec, std::size_t n) {
        space_.came(n);
        if (n != 0)
            quiet_since_.reset();
        if (ec == asio::error::eof)
            ended_ = true;
        else if (ec && ec != asio::error::operation_aborted && !error_)
            error_ = ec;
        if (n == 0 && !over())
            return this->go_on();
        starved_ = false;
        this->arrived();
    }

    void wait_begins() {
        if (!quiet_since_)
            quiet_since_ = dog_.now();
        dog_.watch(this->shared_from_this());
    }
    void wait_ends() { dog_.relax(this->shared_from_this()); }
    void left() {
        dog_.stop();
        connection_->leave();
    }

    bool starved_ = true;
    bool may_be_quiet_ = false;
    bool ended_ = false;
    connection_ptr<S> connection_;
    read_space space_;
    error_code error_;
    time_point end_by_ = time_point::max();
    std::optional<time_point> quiet_since_; // somebody waited and nothing came
    watchdog<executor_type> dog_;
};

} // namespace streamx::io::detail
