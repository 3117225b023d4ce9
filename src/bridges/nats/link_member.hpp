#pragma once

#include <streamx/bridges/nats/detail/message.hpp>

namespace streamx::nats::detail {

/// Something that lives on a link and is told what happens to it; under the link's lock.
class link_member {
public:
    virtual ~link_member() = default;
    virtual void on_message(message) {}
    virtual void on_no_responders() {}
    virtual void on_read() {} ///< after the messages of one read
    virtual void on_reconnected() {}
    virtual void on_writable() {} ///< what was published has left
    virtual void on_closed() {}
};

} // namespace streamx::nats::detail
