#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/message_stream.hpp>
#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/io/codec.hpp>

#include <string>
#include <utility>

namespace streamx::nats {

/// A message of a subject, decoded.
template <class T>
struct published {
    T value;
    std::string subject; ///< that it was published on
    std::string reply{}; ///< where the publisher awaits an answer; empty if it does not
};

/// The messages that are published on a subject while this is there, without JetStream: nothing is
/// stored, nothing comes again, and what is published while the connection is lost is not seen. A
/// publisher cannot be held up either: what finds no room here is dropped or fails the stream, and is
/// counted. It never ends; it fails when the connection is closed or the codec throws.
///
/// Thread safety: from one thread at a time.
template <io::decoder Codec = payload_codec>
class [[nodiscard]] subject_source : public detail::message_stream<
                                         subject_source<Codec>,
                                         published<typename Codec::value_type>,
                                         Codec,
                                         detail::subject_inlet> {
    using item = typename Codec::value_type;
    using base =
        detail::message_stream<subject_source, published<item>, Codec, detail::subject_inlet>;

public:
    /// Throws `std::invalid_argument` if `capacity` is 0, `when_full` neither drops nor fails, or there
    /// can be no such subject.
    subject_source(const connection& c, subject_options options, Codec codec = Codec())
        : base(c, std::move(codec), detail::open_subject(c.link(), std::move(options))) {}

    /// Also when it has failed.
    subject_stats stats() const { return this->inlet_->stats(); }

    /// When the stream is over nobody listens any more; its figures stay.
    void release() noexcept { this->inlet_->stop(); }

private:
    friend base;

    void decode(const detail::message& m) {
        this->each_item(m.payload(), [&](item&& one) {
            this->ready_.push_back(
                {std::move(one), std::string(m.subject()), std::string(m.reply())});
        });
    }
};

} // namespace streamx::nats
