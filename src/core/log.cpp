#include <streamx/core/log.hpp>

#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx {
namespace {

using sink_type = std::function<void(log_level, std::string_view)>;

void to_spdlog(log_level level, std::string_view message) {
    switch (level) {
    case log_level::debug:
        return spdlog::debug("streamx: {}", message);
    case log_level::info:
        return spdlog::info("streamx: {}", message);
    case log_level::warning:
        return spdlog::warn("streamx: {}", message);
    case log_level::error:
        return spdlog::error("streamx: {}", message);
    }
}

struct {
    std::mutex mutex;
    std::shared_ptr<const sink_type> sink = std::make_shared<const sink_type>(to_spdlog);
} current;

} // namespace

void set_log_sink(std::function<void(log_level, std::string_view)> sink) {
    auto next = std::make_shared<const sink_type>(std::move(sink));
    std::lock_guard lock(current.mutex);
    current.sink.swap(next);
}

void log(log_level level, std::string_view message) noexcept {
    std::shared_ptr<const sink_type> sink;
    {
        std::lock_guard lock(current.mutex);
        sink = current.sink;
    }
    if (*sink)
        (*sink)(level, message);
}

} // namespace streamx
