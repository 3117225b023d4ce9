#include "graveyard.hpp"

#include <nats/nats.h>

#include <array>
#include <mutex>

namespace streamx::nats::detail {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;

struct {
    std::mutex mutex;
    std::array<natsMsg*, 512> dead;
    std::size_t count = 0, bytes = 0;
    int attendants = 0;

    void empty() noexcept {
        for (; count != 0; --count)
            natsMsg_Destroy(dead[count - 1]);
        bytes = 0;
    }
} ground;

} // namespace

void graveyard::bury(void* native, std::size_t bytes) noexcept {
    std::lock_guard lock(ground.mutex);
    ground.dead[ground.count++] = static_cast<natsMsg*>(native);
    ground.bytes += bytes;
    if (ground.count == ground.dead.size() || ground.bytes >= most_bytes || ground.attendants == 0)
        ground.empty();
}

graveyard::attendant::attendant() noexcept {
    std::lock_guard lock(ground.mutex);
    ++ground.attendants;
}

graveyard::attendant::~attendant() {
    std::lock_guard lock(ground.mutex);
    --ground.attendants;
    ground.empty();
}

} // namespace streamx::nats::detail
