#include <streamx/rsocket/error.hpp>

#include <streamx/core/error.hpp>

#include <string>

namespace streamx::rsocket {
namespace {

namespace sys = boost::system;

class category_type final : public sys::error_category {
public:
    constexpr category_type() noexcept : sys::error_category(0x73747265616d7834) {}

    const char* name() const noexcept override { return "rsocket"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::invalid_setup:
            return "the setup of the connection is invalid";
        case errc::unsupported_setup:
            return "the server does not support what the setup asks for";
        case errc::rejected_setup:
            return "the server rejected the connection";
        case errc::rejected_resume:
            return "the session could not be resumed";
        case errc::connection_error:
            return "the connection was ended because of an error";
        case errc::connection_close:
            return "the peer is closing the connection";
        case errc::application_error:
            return "the peer's application failed";
        case errc::rejected:
            return "the request was rejected";
        case errc::canceled:
            return "the request was given up by the peer";
        case errc::invalid:
            return "the request is invalid";
        }
        return "application error " + std::to_string(static_cast<std::uint32_t>(value));
    }

    sys::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::connection_close:
            return condition::closed;
        case errc::invalid_setup:
        case errc::connection_error:
        case errc::invalid:
            return condition::protocol_violation;
        case errc::unsupported_setup:
        case errc::rejected_setup:
        case errc::rejected_resume:
        case errc::application_error:
        case errc::rejected:
        case errc::canceled:
            break;
        }
        return {value, *this};
    }
};

constexpr category_type instance;

} // namespace

const sys::error_category& error_category() noexcept { return instance; }

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), instance}; }

} // namespace streamx::rsocket
