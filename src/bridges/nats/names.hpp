#pragma once

#include <string_view>

namespace streamx::nats::detail {

// The client library writes what it is given into the protocol's lines: a blank in a subject makes the
// server end the connection, with all that is on it.

/// Whether a message can have this subject: words with dots between them.
bool is_subject(std::string_view s);
/// The same, where `*` stands for any word, and `>` for all that follow.
bool is_pattern(std::string_view s);
/// Whether a stream or a consumer can be called so.
bool is_name(std::string_view s);
/// Whether it can be the value of a header.
bool is_header_value(std::string_view s);

/// Throws `std::invalid_argument` with this message unless it is so.
void require(bool is_so, const char* message);

} // namespace streamx::nats::detail
