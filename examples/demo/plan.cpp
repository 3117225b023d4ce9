#include "plan.hpp"

#include "line_file.hpp"
#include "record.hpp"

#include <algorithm>
#include <system_error>

namespace demo {
namespace {

double guess_records(const std::filesystem::path& path) {
    line_file file(path);
    double bytes = 1;
    double wanted = 0;
    for (int i = 0; i != 1000; ++i) {
        const auto line = file.next();
        if (!line)
            return wanted;
        bytes += static_cast<double>(line->size() + 1);
        wanted += is_wanted(parse(*line)) ? 1 : 0;
    }
    std::error_code ec;
    const auto size = std::filesystem::file_size(path, ec);
    return ec ? wanted : wanted / bytes * static_cast<double>(size);
}

} // namespace

plan make_plan(const std::vector<std::filesystem::path>& files) {
    double records = 0;
    for (const auto& f : files)
        records += guess_records(f);
    // 3 seconds at 2.5 times the ebb's pace, 4 seconds of ebb, 2 seconds at 2.5 times again
    const double ebb = std::clamp(records / 16.5, 128.0, 16000.0);
    return {.index = 2.5 * ebb, .archive = 8 * ebb, .archive_at_ebb = ebb};
}

} // namespace demo
