#pragma once

#include "link_member.hpp"

#include <streamx/core/asio.hpp>

#include <nats/nats.h>

#include <list>
#include <memory>
#include <string>

namespace streamx::nats::detail {

/// What a connection listens to, and who is given it. Synchronous subscriptions, which are emptied
/// without waiting: so no thread of the client library's touches the data. Used under the link's lock.
class subscriptions {
public:
    /// Messages on `subject` go to `m`. At most `limit` of them wait in the library; -1: any number.
    error_code
    add(natsConnection* nc,
        const std::string& subject,
        const std::string& queue,
        const std::shared_ptr<link_member>& m,
        int limit);
    void remove(const link_member* m);
    void clear();

    /// Gives all of them what has arrived. They may come and go meanwhile.
    void give_out();

private:
    struct subscription {
        natsSubscription* native; // null: removed while something was given out
        std::weak_ptr<link_member> member;
        const link_member* who;
    };
    static void give_out(const subscription& s);

    std::list<subscription> all_;
    bool giving_out_ = false;
};

} // namespace streamx::nats::detail
