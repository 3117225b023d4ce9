#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace streamx {
namespace {

namespace sys = boost::system;

class errc_category_type final : public sys::error_category {
public:
    constexpr errc_category_type() noexcept : sys::error_category(0x73747265616d7831) {}

    const char* name() const noexcept override { return "streamx"; }

    std::string message(int value) const override { return this->message(value, nullptr, 0); }

    const char* message(int value, char*, std::size_t) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::closed:
            return "the other end is closed or gone";
        case errc::full:
            return "there is no room, and the overflow policy is to fail";
        case errc::operation_in_progress:
            return "an operation of this kind is outstanding already";
        case errc::no_item:
            return "the stream has no item where it must have one";
        case errc::more_than_one_item:
            return "the stream has more than the one item that it must have";
        case errc::no_subscribers:
            return "the broadcast has no subscribers, and its policy is to fail";
        case errc::line_too_long:
            return "a line is longer than the limit";
        case errc::frame_too_long:
            return "a frame is longer than the limit";
        case errc::message_too_big:
            return "a message is larger than the limit";
        case errc::header_too_long:
            return "a header is longer than the limit";
        case errc::handshake_timeout:
            return "the connection was not made in time";
        case errc::idle_timeout:
            return "nothing came from the peer for too long";
        case errc::write_stalled:
            return "the peer took nothing of what was to be sent for too long";
        case errc::shutdown_timeout:
            return "the connection was not shut down in time";
        case errc::truncated:
            return "the input ended in the middle of an item";
        case errc::tls_truncated:
            return "the peer closed the TLS connection without saying so";
        case errc::tls_expired:
            return "the peer's certificate is out of date";
        case errc::tls_wrong_host:
            return "the peer's certificate is for another host";
        case errc::tls_unknown_ca:
            return "the peer's certificate is signed by nobody who is trusted";
        case errc::tls_no_certificate:
            return "the client has no certificate, which the server asks for";
        case errc::not_tls:
            return "the peer does not speak TLS";
        case errc::not_websocket:
            return "the peer does not agree to speak WebSocket";
        case errc::http_status:
            return "the server has not answered with the status that was needed";
        case errc::malformed:
            return "what came is not of the agreed form";
        case errc::unencodable:
            return "the item cannot be written in this form";
        case errc::too_many_groups:
            return "group_by has an item of a further key, and as many groups open as there may be";
        case errc::group_not_consumed:
            return "group_by waits for room in a group that nobody asks for an item";
        case errc::exceeds_budget:
            return "the item weighs more than the whole budget";
        case errc::would_deadlock:
            return "the put waits for a subscriber that waits for it";
        }
        return "unknown streamx error";
    }

    sys::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::closed:
        case errc::no_subscribers:
            return condition::closed;
        case errc::full:
        case errc::line_too_long:
        case errc::frame_too_long:
        case errc::message_too_big:
        case errc::header_too_long:
        case errc::too_many_groups:
        case errc::exceeds_budget:
            return condition::limit_exceeded;
        case errc::handshake_timeout:
        case errc::idle_timeout:
        case errc::write_stalled:
        case errc::shutdown_timeout:
            return condition::timed_out;
        case errc::truncated:
        case errc::tls_truncated:
        case errc::tls_expired:
        case errc::tls_wrong_host:
        case errc::tls_unknown_ca:
        case errc::tls_no_certificate:
        case errc::not_tls:
        case errc::not_websocket:
        case errc::http_status:
        case errc::malformed:
        case errc::unencodable:
            return condition::protocol_violation;
        case errc::would_deadlock:
        case errc::operation_in_progress:
        case errc::group_not_consumed:
            return condition::misuse;
        case errc::no_item:
        case errc::more_than_one_item:
            return condition::not_single;
        }
        return {value, *this};
    }
};

class condition_category_type final : public sys::error_category {
public:
    constexpr condition_category_type() noexcept : sys::error_category(0x73747265616d7832) {}

    const char* name() const noexcept override { return "streamx.condition"; }

    std::string message(int value) const override {
        switch (static_cast<condition>(value)) {
        case condition::closed:
            return "the other end is gone";
        case condition::limit_exceeded:
            return "a limit was exceeded";
        case condition::misuse:
            return "the call is not allowed in this state";
        case condition::not_single:
            return "there is not exactly one item";
        case condition::timed_out:
            return "it took too long";
        case condition::protocol_violation:
            return "the agreed form was not kept to";
        }
        return "unknown streamx condition";
    }

    /// Asio's own words for "the other end is gone" mean the same to a program.
    bool equivalent(const sys::error_code& ec, int value) const noexcept override {
        if (static_cast<condition>(value) == condition::closed &&
            (ec == asio::error::eof || ec == asio::error::broken_pipe ||
             ec == asio::error::connection_reset))
            return true;
        if (static_cast<condition>(value) == condition::timed_out && ec == asio::error::timed_out)
            return true;
        return sys::error_category::equivalent(ec, value);
    }
};

constexpr errc_category_type errc_instance;
constexpr condition_category_type condition_instance;

} // namespace

const sys::error_category& errc_category() noexcept { return errc_instance; }
const sys::error_category& condition_category() noexcept { return condition_instance; }

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), errc_instance}; }

sys::error_condition make_error_condition(condition c) noexcept {
    return {static_cast<int>(c), condition_instance};
}

error_code to_error_code(const std::exception_ptr& failure) noexcept {
    const auto unknown = sys::errc::make_error_code(sys::errc::state_not_recoverable);
    if (!failure)
        return {};
    try {
        std::rethrow_exception(failure);
    } catch (const sys::system_error& e) {
        return e.code() ? e.code() : unknown; // a failure never reads as success
    } catch (const std::system_error& e) {
        return e.code() ? error_code(e.code()) : unknown;
    } catch (const std::bad_alloc&) {
        return sys::errc::make_error_code(sys::errc::not_enough_memory);
    } catch (const std::invalid_argument&) {
        return sys::errc::make_error_code(sys::errc::invalid_argument);
    } catch (...) {
        return unknown;
    }
}

std::exception_ptr make_failure(error_code ec, const char* what) {
    return ec ? std::make_exception_ptr(sys::system_error(ec, what)) : nullptr;
}

} // namespace streamx
