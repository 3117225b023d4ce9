#include <streamx/bridges/nats/detail/receipt.hpp>

#include <array>
#include <charconv>

namespace streamx::nats::detail {

metadata parse_metadata(std::string_view reply) {
    std::array<std::string_view, 12> tokens;
    std::size_t count = 0;
    for (auto rest = reply; count != tokens.size();) {
        const auto dot = rest.find('.');
        tokens[count++] = rest.substr(0, dot);
        if (dot == std::string_view::npos)
            break;
        rest.remove_prefix(dot + 1);
    }
    metadata facts;
    if (count < 9 || tokens[0] != "$JS" || tokens[1] != "ACK")
        return facts;
    const std::size_t at = count >= 11 ? 4 : 2; // behind a domain and an account
    const auto number = [&](std::size_t i) {
        std::uint64_t n = 0;
        std::from_chars(tokens[i].data(), tokens[i].data() + tokens[i].size(), n);
        return n;
    };
    facts.stream = tokens[at];
    facts.consumer = tokens[at + 1];
    facts.delivered = number(at + 2);
    facts.sequence = number(at + 3);
    facts.consumer_sequence = number(at + 4);
    facts.timestamp = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(number(at + 5))));
    facts.pending = number(at + 6);
    return facts;
}

} // namespace streamx::nats::detail
