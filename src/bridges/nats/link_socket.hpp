#pragma once

#include "alarm.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <nats/nats.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

namespace streamx::nats::detail {

class link;

/// The socket of a link, which its executor's context serves through the hook that the client library
/// has for event loops. The library calls that under its own lock and from any thread: what it calls
/// takes no lock of ours, and only sets a flag and posts. All else is used under the link's lock.
class link_socket {
public:
    explicit link_socket(link& l) noexcept : link_(l) {}

    natsStatus hook_into(natsOptions* o);

    bool is_open() const noexcept { return fd_.has_value(); }
    /// Writes what the socket takes; when it takes no more, `flush` goes on as soon as it does.
    void write();
    /// The same, and tells the link when all has left.
    void flush();
    /// It is not served any more.
    void close() noexcept { fd_.reset(); }
    /// Serves it on this thread, without the context. Not under the lock; nobody else uses it meanwhile,
    /// but for `close`.
    void serve_until(const std::function<bool()>& over);

private:
    static natsStatus attach(void** user, void* loop, natsConnection* nc, natsSock socket);
    static natsStatus read_add_remove(void* user, bool add);
    static natsStatus write_add_remove(void* user, bool add);
    static natsStatus detach(void*) { return NATS_OK; }

    void adopt(int fd, unsigned generation);
    void arm_read();
    void on_readable(unsigned generation, error_code ec);

    link& link_;                           // which whatever waits holds
    std::atomic<unsigned> generation_ = 0; // of the socket: it changes when that is lost
    std::atomic<bool> want_write_ = false, flush_posted_ = false;
    // A duplicate, as the library closes its own early.
    std::optional<asio::posix::stream_descriptor> fd_;
    unsigned fd_generation_ = 0;
    bool write_waiting_ = false;
    std::shared_ptr<alarm> rearm_;
};

} // namespace streamx::nats::detail
