#pragma once

#include <functional>
#include <string_view>

namespace streamx {

enum class log_level { debug, info, warning, error };

/// Where the library says what it cannot tell anyone by a return value or an error, such as a hook
/// that threw. By default spdlog's default logger; an empty function silences it. `sink` may be
/// called from any thread and must not throw.
void set_log_sink(std::function<void(log_level, std::string_view)> sink);

/// Logs a message, as the library does.
void log(log_level level, std::string_view message) noexcept;

} // namespace streamx
