#include "subscriptions.hpp"

#include "client_error.hpp"

#include <utility>

namespace streamx::nats::detail {

error_code subscriptions::add(
    natsConnection* nc,
    const std::string& subject,
    const std::string& queue,
    const std::shared_ptr<link_member>& m,
    int limit) {
    natsSubscription* native = nullptr;
    const auto s =
        queue.empty()
            ? natsConnection_SubscribeSync(&native, nc, subject.c_str())
            : natsConnection_QueueSubscribeSync(&native, nc, subject.c_str(), queue.c_str());
    if (s != NATS_OK)
        return client_error(s);
    natsSubscription_SetPendingLimits(native, limit, -1);
    all_.push_back({native, m, m.get()});
    return {};
}

void subscriptions::remove(const link_member* m) {
    for (auto& s : all_)
        if (s.who == m && s.native) {
            natsSubscription_Unsubscribe(s.native);
            natsSubscription_Destroy(std::exchange(s.native, nullptr));
        }
    if (!giving_out_)
        all_.remove_if([](const subscription& s) { return !s.native; });
}

void subscriptions::clear() {
    for (auto& s : all_)
        if (s.native)
            natsSubscription_Destroy(std::exchange(s.native, nullptr));
    if (!giving_out_)
        all_.clear();
}

void subscriptions::give_out() {
    giving_out_ = true;
    for (const auto& s : all_)
        give_out(s);
    giving_out_ = false;
    all_.remove_if([](const subscription& s) { return !s.native; });
}

void subscriptions::give_out(const subscription& s) {
    const auto member = s.member.lock();
    int pending = 0;
    // To count them first avoids an error record for each time that there is none.
    if (!member || !s.native ||
        natsSubscription_GetPending(s.native, &pending, nullptr) != NATS_OK || pending == 0)
        return;
    for (; pending > 0 && s.native; --pending) {
        natsMsg* m = nullptr;
        const auto status = natsSubscription_NextMsg(&m, s.native, 0);
        if (status == NATS_OK)
            member->on_message(message(m));
        else if (status == NATS_NO_RESPONDERS)
            member->on_no_responders();
        else if (status != NATS_SLOW_CONSUMER) // some were dropped; what is there comes next
            break;
    }
    member->on_read();
}

} // namespace streamx::nats::detail
