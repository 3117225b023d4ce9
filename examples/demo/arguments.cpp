#include "arguments.hpp"

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace demo {
namespace {

bool has_text(const std::filesystem::path& path) {
    std::error_code ec;
    if (!std::filesystem::is_regular_file(path, ec))
        return false;
    return std::ifstream(path).peek() != std::ifstream::traits_type::eof();
}

std::filesystem::path default_file() {
    for (const char* path :
         {"/var/log/dpkg.log",
          "/var/log/pacman.log",
          "/var/log/dnf.rpm.log",
          "/usr/share/common-licenses/GPL-3",
          "/etc/services",
          "/etc/passwd"})
        if (has_text(path))
            return path;
    throw std::runtime_error("none of the usual system files is here: name a text file to read");
}

int act_number(const char* text, int acts) {
    const std::string number = text ? text : "nothing";
    if (number.size() == 1 && number[0] >= '1' && number[0] <= '0' + acts)
        return number[0] - '0';
    throw std::runtime_error(
        "--act takes a number from 1 to " + std::to_string(acts) + ", not " + number);
}

std::chrono::seconds length(const char* text) {
    const std::string number = text ? text : "nothing";
    int seconds = 0;
    const auto last = number.data() + number.size();
    const auto [at, ec] = std::from_chars(number.data(), last, seconds);
    if (ec != std::errc() || at != last || seconds < 1)
        throw std::runtime_error("--for takes a number of seconds, not " + number);
    return std::chrono::seconds(seconds);
}

} // namespace

const char* const usage =
    "streamx_demo [--act N] [--for SECONDS] [--tool STREAMX] [file [file]]\n"
    "\n"
    "Act 1 reads one or two text files line by line and hands what it finds to three consumers of\n"
    "different speed, through bounded channels: watch how the slowest holds back the reader.\n"
    "Without a file it takes the package manager's log. It ends by itself within 30 seconds;\n"
    "Ctrl-C stops the reading, a second one the program.\n"
    "\n"
    "Act 2 gives the items of one producer to three consumers of different speed, under three\n"
    "policies, and shows where each of them is.\n"
    "\n"
    "Act 3 samples this machine's counters ten times a second and serves them on a port of this\n"
    "machine: the page behind the address that it prints plots them. On a terminal it serves "
    "until\n"
    "Ctrl-C, elsewhere for 20 seconds, and anywhere for as long as --for says. With --tool it "
    "also\n"
    "shows what that program, `streamx`, gets of them over RSocket.\n"
    "\n"
    "Without --act all of them come, one after the other.\n";

arguments read_arguments(int argc, char** argv, int acts) {
    arguments args;
    for (int i = 1; i < argc; ++i) {
        const std::string arg = argv[i];
        if (arg == "--help" || arg == "-h")
            args.help = true;
        else if (arg == "--act")
            args.act = act_number(++i < argc ? argv[i] : nullptr, acts);
        else if (arg == "--for")
            args.serve_for = length(++i < argc ? argv[i] : nullptr);
        else if (arg == "--tool" && i + 1 < argc)
            args.tool = argv[++i];
        else if (arg.starts_with("--"))
            throw std::runtime_error("do not know " + arg + " (try --help)");
        else
            args.files.emplace_back(arg);
    }
    if (args.files.size() > 2)
        throw std::runtime_error("takes one file or two (try --help)");
    if (args.files.empty() && !args.help)
        args.files.push_back(default_file());
    return args;
}

} // namespace demo
