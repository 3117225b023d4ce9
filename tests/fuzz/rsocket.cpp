// Whatever a peer sends: frames of any bytes, at any time, between whatever the application does. The
// engine must not crash, must send nothing but frames that it could read itself, and must hold no more
// than its limits say.

#include "fuzz_input.hpp"
#include "heap_limit.hpp"

#include <rsocket/engine.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace streamx::rsocket;
using streamx::fuzz::require;

void take_output(engine& e) {
    std::string_view out = e.out;
    while (const auto bytes = next_frame(out, max_frame_size)) {
        const auto f = decode(*bytes);
        require(f.has_value(), "what is sent can be read");
        require(bytes->size() <= 512, "what is sent is no longer than allowed");
    }
    require(out.empty(), "what is sent is whole frames");
    e.out.clear();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const streamx::fuzz::heap_limit limit(1024 * 1024 + 2048 * size);
    streamx::fuzz::input in(data, size);
    engine_config config;
    const auto how = in.byte();
    config.side = (how & 1) != 0 ? role::client : role::server;
    config.resume = (how & 2) != 0;
    config.lease = (how & 4) != 0;
    config.fragment = 64;
    config.message = 256;
    config.unfinished = 512;
    config.streams = 8;
    config.retained = 1024;
    engine e(config);
    engine::time_point now{std::chrono::hours(1)};
    std::uint32_t last = 1;
    std::size_t asked = 0;
    e.connected(now);
    while (!in.empty()) {
        const auto what = in.byte();
        const auto id = (what & 0x80) != 0 ? last : in.byte();
        switch (what & 0x0F) {
        default:
            e.receive(in.bytes(in.byte()), now);
            break;
        case 6: // a frame with a sensible header
        {
            std::string frame{0, 0, 0, static_cast<char>(id)};
            const auto type = in.byte() % 16;
            frame += static_cast<char>(type << 2 | (in.byte() & 3));
            frame += static_cast<char>(in.byte());
            frame += in.bytes(in.byte() % 64);
            e.receive(frame, now);
        } break;
        case 7:
            if (!e.may_request(now))
                break;
            last = e.request(
                static_cast<frame_type>(4 + in.byte() % 4),
                {std::string(in.byte(), 'x')},
                1 + in.byte(),
                false,
                nullptr);
            ++asked;
            break;
        case 8:
            if (e.credit(id) != 0)
                e.send(
                    id,
                    {std::string(in.byte(), 'x'), std::string(in.byte(), 'm')},
                    in.byte() % 2 != 0);
            break;
        case 9:
            e.send_fragment(id);
            break;
        case 10:
            e.complete(id);
            break;
        case 11:
            e.cancel(id);
            break;
        case 12:
            e.grant(id, 1 + in.byte());
            break;
        case 13:
            now += std::chrono::milliseconds(in.byte() * 100);
            e.on_time(now);
            break;
        case 14:
            e.disconnected(now);
            if (config.side == role::client)
                e.connected(now);
            else
                e.resume(in.byte(), in.byte(), now);
            break;
        case 15:
            e.fail(id, errc::application_error, "no");
            break;
        }
        for (const auto& told : std::exchange(e.events, {})) {
            if (told.what == event::kind::setup)
                e.accept(now);
            if (told.what == event::kind::request)
                last = told.stream;
            require(told.message.data.size() <= 256, "what comes is no larger than the limit");
        }
        take_output(e);
        require(e.open_streams() <= 8 + asked, "there are no more streams than the limit");
        require(e.unfinished() <= 512, "no more is kept of what is not whole than the limit");
        require(e.open_streams() != 0 || e.unfinished() == 0, "nothing is kept without a stream");
    }
    return 0;
}
