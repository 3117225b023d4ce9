#pragma once

#include "counters.hpp"

#include <ostream>

namespace demo {

/// The final table. Says whether every line is accounted for.
bool print_report(std::ostream& out, const board& board);

} // namespace demo
