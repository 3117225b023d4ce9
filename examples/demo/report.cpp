#include "report.hpp"

#include "text.hpp"

#include <chrono>

namespace demo {
namespace {

void print_channel(std::ostream& out, const gauge& g) {
    const auto r = g.read();
    out << "  " << left(g.name, 22) << right(grouped(r.stats.sent), 10)
        << right(grouped(r.stats.received), 10)
        << right(std::to_string(r.stats.high_water) + '/' + std::to_string(r.capacity), 12)
        << right(grouped(r.stats.times_blocked) + " times", 15)
        << right(seconds(r.stats.blocked_for), 9) << '\n';
}

/// What its reader did all the time.
void print_reader(std::ostream& out, const file_counters& f, const gauge& g) {
    using std::chrono::nanoseconds;
    out << "  " << f.name << ": " << seconds(nanoseconds(f.took)) << " for "
        << seconds(nanoseconds(f.reading)) << " of reading, as it was held back for "
        << seconds(g.read().stats.blocked_for) << ".\n";
}

} // namespace

bool print_report(std::ostream& out, const board& board) {
    bool complete = true;
    std::uint64_t passed = 0;

    out << "  " << left("file", 22) << right("read", 12) << right("not text", 12)
        << right("filtered out", 14) << right("passed on", 13) << '\n';
    for (const auto& f : board.files) {
        out << "  " << left(f.name, 22) << right(grouped(f.read), 12)
            << right(grouped(f.not_text), 12) << right(grouped(f.filtered), 14)
            << right(grouped(f.passed), 13) << '\n';
        complete = complete && f.read == f.not_text + f.filtered + f.passed;
        passed += f.passed;
    }

    out << "\n  " << left("channel", 22) << right("sent", 10) << right("received", 10)
        << right("most in it", 12) << right("producer waited", 17) << '\n';
    for (const auto& g : board.line_channels)
        print_channel(out, g);
    for (const auto& g : board.batch_channels)
        print_channel(out, g);

    out << "\n  " << left("consumer", 22) << right("batches", 10) << right("records", 10) << '\n';
    for (const auto& c : board.consumers) {
        out << "  " << left(c.name, 22) << right(grouped(c.batches), 10)
            << right(grouped(c.records), 10) << '\n';
        complete = complete && c.records == passed;
    }

    out << '\n';
    for (std::size_t i = 0; i != board.files.size(); ++i)
        print_reader(out, board.files[i], board.line_channels[i]);
    out << (complete ? "  Every line is accounted for: each consumer got "
                     : "  LINES ARE MISSING: each consumer should have got ")
        << grouped(passed) << " records.\n";
    return complete;
}

} // namespace demo
