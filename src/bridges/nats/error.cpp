#include <streamx/bridges/nats/error.hpp>

#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>

#include <nats/nats.h>

#include <string>

namespace streamx::nats {
namespace {

namespace sys = boost::system;

class errc_category_type final : public sys::error_category {
public:
    constexpr errc_category_type() noexcept : sys::error_category(0x73747265616d7833) {}
    const char* name() const noexcept override { return "streamx.nats"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::connection_closed:
            return "the connection to NATS is closed";
        case errc::no_responders:
            return "nobody answers on that subject (is JetStream enabled there?)";
        case errc::consumer_gone:
            return "the consumer is gone, or cannot be pulled from";
        case errc::request_refused:
            return "the consumer's limits do not allow what is asked of it";
        case errc::slow_consumer:
            return "messages were dropped, as they were not taken in time";
        case errc::malformed_answer:
            return "the server's answer is malformed";
        case errc::already_answered:
            return "the delivery was answered already";
        case errc::invalid_name:
            return "a subject, or the name of a stream or consumer, is empty or has characters "
                   "that "
                   "it cannot have";
        case errc::message_too_large:
            return "the message is larger than the server takes (its max_payload)";
        }
        return "unknown error of the NATS bridge";
    }
    sys::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::connection_closed:
        case errc::consumer_gone:
            return condition::closed;
        case errc::slow_consumer:
        case errc::message_too_large:
            return condition::limit_exceeded;
        case errc::invalid_name:
            return sys::errc::make_error_condition(sys::errc::invalid_argument);
        case errc::already_answered:
            return condition::misuse;
        case errc::no_responders:
        case errc::request_refused:
        case errc::malformed_answer:
            break;
        }
        return {value, *this};
    }
};

class client_category_type final : public sys::error_category {
public:
    constexpr client_category_type() noexcept : sys::error_category(0x73747265616d7834) {}
    const char* name() const noexcept override { return "nats"; }
    std::string message(int value) const override {
        return natsStatus_GetText(static_cast<natsStatus>(value));
    }
};

class jetstream_category_type final : public sys::error_category {
public:
    constexpr jetstream_category_type() noexcept : sys::error_category(0x73747265616d7835) {}
    const char* name() const noexcept override { return "jetstream"; }
    std::string message(int value) const override {
        switch (value) {
        case 10058:
            return "the stream exists with another configuration";
        case 10059:
            return "no such stream";
        case 10014:
            return "no such consumer";
        case 10039:
        case 10076:
            return "JetStream is not enabled";
        case 10008:
        case 10009:
            return "the cluster has no leader";
        case 10012:
            return "the consumer cannot be created";
        case 10023:
        case 10047:
        case 10028:
        case 10074:
            return "the servers do not have the storage, the memory or the number of replicas";
        case 10052:
            return "the configuration of the stream is invalid";
        case 10054:
            return "the message is larger than the stream takes";
        case 10070:
            return "the stream's last message is not the one that this was to follow";
        case 10077:
            return "the stream takes no more messages";
        case 10093:
            return "the stream has no messages that the filter subject could let through";
        case 10065:
            return "the subjects overlap with those of another stream";
        default:
            return "JetStream answered with err_code " + std::to_string(value);
        }
    }
};

constexpr errc_category_type errc_instance;
constexpr client_category_type client_instance;
constexpr jetstream_category_type jetstream_instance;

} // namespace

const sys::error_category& errc_category() noexcept { return errc_instance; }
const sys::error_category& client_category() noexcept { return client_instance; }
const sys::error_category& jetstream_category() noexcept { return jetstream_instance; }
error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), errc_instance}; }

} // namespace streamx::nats
