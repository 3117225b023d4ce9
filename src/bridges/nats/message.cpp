#include <streamx/bridges/nats/detail/message.hpp>

#include <nats/nats.h>

#include <cstdlib>

/// What the client library frees a message with, on a thread of its own that it wakes for it. It is
/// exported, and the same in every version so far, but in no header: where it is not there, the thread
/// does it.
extern "C" __attribute__((weak)) void natsMsg_free(void* native);

namespace streamx::nats::detail {
namespace {

natsMsg* native(void* p) noexcept { return static_cast<natsMsg*>(p); }

std::string_view text(const char* s) noexcept {
    return s ? std::string_view(s) : std::string_view();
}

} // namespace

void message::deleter::operator()(void* p) const noexcept {
    if (natsMsg_free)
        natsMsg_free(p);
    else
        natsMsg_Destroy(native(p));
}

std::string_view message::subject() const noexcept {
    return text(natsMsg_GetSubject(native(native_.get())));
}

std::string_view message::reply() const noexcept {
    return text(natsMsg_GetReply(native(native_.get())));
}

std::string_view message::payload() const noexcept {
    const auto* m = native(native_.get());
    return {natsMsg_GetData(m), static_cast<std::size_t>(natsMsg_GetDataLength(m))};
}

std::string message::header(const std::string& name) const {
    const char* value = nullptr;
    if (natsMsgHeader_Get(native(native_.get()), name.c_str(), &value) != NATS_OK)
        return {};
    return std::string(text(value));
}

std::vector<std::pair<std::string, std::string>> message::headers() const {
    std::vector<std::pair<std::string, std::string>> all;
    const char** names = nullptr;
    int count = 0;
    if (natsMsgHeader_Keys(native(native_.get()), &names, &count) != NATS_OK)
        return all;
    for (int i = 0; i < count; ++i) {
        const char** values = nullptr;
        int n = 0;
        if (natsMsgHeader_Values(native(native_.get()), names[i], &values, &n) == NATS_OK)
            for (int v = 0; v < n; ++v)
                all.emplace_back(names[i], values[v]);
        std::free(values); // the client library gives its own away
    }
    std::free(names);
    return all;
}

} // namespace streamx::nats::detail
