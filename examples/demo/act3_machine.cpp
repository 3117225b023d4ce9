#include "act3_machine.hpp"

#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace demo {
namespace {

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

double memory_in_use() {
    std::ifstream file("/proc/meminfo");
    double total = 0, available = 0, value = 0;
    for (std::string name; file >> name >> value;) {
        if (name == "MemTotal:")
            total = value;
        else if (name == "MemAvailable:")
            available = value;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return percent(total - available, total);
}

} // namespace

machine::machine() : last_(read()) {}

machine::counters machine::read() {
    counters c;
    c.at = std::chrono::steady_clock::now();

    std::ifstream stat("/proc/stat");
    std::string word;
    stat >> word; // "cpu": user nice system idle iowait irq softirq steal
    std::uint64_t value = 0;
    for (int field = 0; field != 8 && stat >> value; ++field) {
        c.all += value;
        if (field != 3 && field != 4)
            c.busy += value;
    }

    std::ifstream net("/proc/net/dev");
    for (std::string line; std::getline(net, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || line.substr(0, colon).find("lo") != std::string::npos)
            continue;
        std::istringstream fields(line.substr(colon + 1));
        std::uint64_t in = 0, out = 0, ignored = 0;
        fields >> in;
        for (int i = 0; i != 7; ++i)
            fields >> ignored;
        fields >> out;
        c.in += in;
        c.out += out;
    }
    return c;
}

machine_sample machine::sample() {
    const auto now = read();
    const double seconds = std::chrono::duration<double>(now.at - last_.at).count();
    machine_sample s;
    s.number = ++number_;
    s.cpu = percent(
        static_cast<double>(now.busy - last_.busy), static_cast<double>(now.all - last_.all));
    s.memory = memory_in_use();
    if (seconds > 0) {
        s.in = static_cast<double>(now.in - last_.in) / seconds;
        s.out = static_cast<double>(now.out - last_.out) / seconds;
    }
    last_ = now;
    return s;
}

} // namespace demo
