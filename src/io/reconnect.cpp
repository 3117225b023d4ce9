#include <streamx/io/reconnect.hpp>

#include <streamx/core/log.hpp>

#include <chrono>
#include <string>

namespace streamx::io::detail {

void log_lost(std::exception_ptr why, std::optional<backoff::duration> wait) {
    std::string text = "reconnect: ";
    try {
        if (why)
            std::rethrow_exception(why);
        text += "the connection ended";
    } catch (const std::exception& e) {
        text += e.what();
    } catch (...) {
        text += "lost by something that is no std::exception";
    }
    text += wait ? "; again in " +
                       std::to_string(
                           std::chrono::duration_cast<std::chrono::milliseconds>(*wait).count()) +
                       " ms"
                 : "; given up";
    log(log_level::warning, text);
}

} // namespace streamx::io::detail
