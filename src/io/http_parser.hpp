#pragma once

#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/http_head.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace streamx::io::detail {

/// Finds one HTTP message among bytes (RFC 9112), its body a piece at a time. Beast does it.
class http_parser {
public:
    enum class kind { request, response };

    http_parser(kind k, const endpoint_limits& limits);
    ~http_parser();

    /// Takes off `in` what belongs to the message. Throws `errc::header_too_long`, `errc::malformed`.
    void put(std::string_view& in);
    /// The input has ended: with it the body that has no other end. Throws `errc::truncated`.
    void put_end();

    bool has_head() const noexcept;
    bool done() const noexcept;
    /// Once there is one.
    const http_head& head() const noexcept;
    /// What has come of the body since the last call.
    std::string take_body();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace streamx::io::detail
