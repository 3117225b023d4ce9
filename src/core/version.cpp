#include <streamx/version.hpp>

namespace streamx {

std::string_view version() noexcept {
    return STREAMX_VERSION; // comes from project() in CMakeLists.txt
}

} // namespace streamx
