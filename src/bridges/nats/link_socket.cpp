#include "link_socket.hpp"

#include "link.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <mutex>
#include <utility>

namespace streamx::nats::detail {
namespace {

/// A descriptor on its way to the executor.
struct owned_fd {
    explicit owned_fd(int n) noexcept : number(n) {}
    owned_fd(owned_fd&& other) noexcept : number(std::exchange(other.number, -1)) {}
    owned_fd& operator=(owned_fd other) noexcept {
        std::swap(number, other.number);
        return *this;
    }
    ~owned_fd() {
        if (number >= 0)
            ::close(number);
    }
    int number;
};

constexpr auto pause_while_connecting = std::chrono::milliseconds(2);

} // namespace

natsStatus link_socket::hook_into(natsOptions* o) {
    rearm_ = link_.make_alarm([this] { arm_read(); });
    return natsOptions_SetEventLoop(o, this, attach, read_add_remove, write_add_remove, detach);
}

natsStatus link_socket::attach(void** user, void* loop, natsConnection* nc, natsSock socket) {
    auto* self = static_cast<link_socket*>(loop);
    *user = self;
    self->link_.adopt(nc);
    const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return NATS_IO_ERROR;
    asio::post(
        self->link_.executor(),
        [l = self->link_.shared_from_this(),
         self,
         fd = owned_fd(copy),
         g = ++self->generation_]() mutable {
            std::lock_guard lock(l->mutex);
            if (g == self->generation_ && !l->is_closed())
                self->adopt(std::exchange(fd.number, -1), g);
        });
    return NATS_OK;
}

natsStatus link_socket::read_add_remove(void* user, bool add) {
    auto* self = static_cast<link_socket*>(user);
    if (add)
        return NATS_OK;
    const auto g = ++self->generation_;
    asio::post(self->link_.executor(), [l = self->link_.shared_from_this(), self, g] {
        std::lock_guard lock(l->mutex);
        if (self->fd_ && self->fd_generation_ < g)
            self->fd_.reset();
    });
    return NATS_OK;
}

natsStatus link_socket::write_add_remove(void* user, bool add) {
    auto* self = static_cast<link_socket*>(user);
    self->want_write_ = add;
    if (add && !self->flush_posted_.exchange(true))
        asio::post(self->link_.executor(), [l = self->link_.shared_from_this(), self] {
            self->flush_posted_ = false;
            std::lock_guard lock(l->mutex);
            self->flush();
        });
    return NATS_OK;
}

void link_socket::adopt(int fd, unsigned generation) {
    fd_.emplace(link_.executor(), fd);
    fd_generation_ = generation;
    write_waiting_ = false;
    arm_read();
    if (want_write_)
        flush();
}

void link_socket::arm_read() {
    if (fd_)
        fd_->async_wait(
            asio::posix::stream_descriptor::wait_read,
            [l = link_.shared_from_this(), this, g = fd_generation_](error_code ec) {
                on_readable(g, ec);
            });
}

void link_socket::on_readable(unsigned generation, error_code ec) {
    std::lock_guard lock(link_.mutex);
    if (ec || !fd_ || generation != fd_generation_)
        return;
    natsConnection_ProcessReadEvent(link_.native());
    link_.on_read();
    if (!fd_ || generation != fd_generation_)
        return;
    // While the library connects again it ignores some events, and has to be told again.
    if (natsConnection_Status(link_.native()) == NATS_CONN_STATUS_CONNECTED)
        arm_read();
    else
        rearm_->set(pause_while_connecting);
}

void link_socket::write() {
    if (!want_write_ || !fd_ || write_waiting_)
        return;
    natsConnection_ProcessWriteEvent(link_.native());
    if (!want_write_ || !fd_)
        return;
    write_waiting_ = true;
    fd_->async_wait(
        asio::posix::stream_descriptor::wait_write,
        [l = link_.shared_from_this(), this, g = fd_generation_](error_code ec) {
            std::lock_guard lock(l->mutex);
            if (g != fd_generation_)
                return;
            write_waiting_ = false;
            if (!ec)
                flush();
        });
}

void link_socket::serve_until(const std::function<bool()>& over) {
    std::unique_lock lock(link_.mutex);
    owned_fd own(fd_ ? fd_->release() : -1);
    fd_.reset();
    lock.unlock();
    while (!over()) {
        if (want_write_)
            natsConnection_ProcessWriteEvent(link_.native());
        pollfd there{own.number, POLLIN, 0};
        ::poll(&there, 1, 1); // a negative one is only waited for
        if (there.revents != 0)
            natsConnection_ProcessReadEvent(link_.native());
        if ((there.revents & ~POLLIN) != 0) // it is gone
            own = owned_fd(-1);
    }
}

void link_socket::flush() {
    write();
    if (fd_ && !write_waiting_)
        link_.on_written();
}

} // namespace streamx::nats::detail
