#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/delivery.hpp>
#include <streamx/bridges/nats/detail/message_stream.hpp>
#include <streamx/bridges/nats/detail/pull.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/io/codec.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace streamx::nats {

/// The messages of a JetStream stream, each as a `delivery` of what the codec makes of its payload; a
/// payload of several items gives several. It asks the server for as many messages as it has room for,
/// so that a slow pipeline holds up the server and not the memory; and asks again after a reconnect, or
/// when the messages' leader has changed. It never ends; it fails when the consumer is gone or the
/// connection is closed.
///
/// Destroyed, it refuses what nobody has taken. Thread safety: from one thread at a time.
template <io::decoder Codec = payload_codec>
class [[nodiscard]] jetstream_source : public detail::message_stream<
                                           jetstream_source<Codec>,
                                           delivery<typename Codec::value_type>,
                                           Codec,
                                           detail::pull_inlet> {
    using item = typename Codec::value_type;
    using base =
        detail::message_stream<jetstream_source, delivery<item>, Codec, detail::pull_inlet>;

public:
    /// Throws `std::invalid_argument` if a limit or a time in the options is 0, or a name is none. What
    /// the server has against it fails the stream.
    jetstream_source(const connection& c, source_options options, Codec codec = Codec())
        : jetstream_source(c, options.on_undecodable, std::move(options), std::move(codec)) {}

private:
    friend base;
    using on_undecodable = std::function<void(const metadata&, std::exception_ptr)>;

    jetstream_source(const connection& c, on_undecodable f, source_options&& options, Codec codec)
        : base(c, std::move(codec), detail::open_pull(c.link(), std::move(options))),
          on_undecodable_(std::move(f)) {}

    void decode(const std::shared_ptr<detail::pulled_message>& m) {
        detail::receipt whole(m); // refuses it, should this throw
        std::vector<item> items;
        try {
            this->each_item(detail::message_of(*m).payload(), [&](item&& one) {
                items.push_back(std::move(one));
            });
        } catch (...) {
            if (!on_undecodable_)
                throw;
            whole.term();
            on_undecodable_(detail::metadata_of(*m), std::current_exception());
            return;
        }
        if (items.empty())
            return whole.ack();
        detail::expect_answers(*m, items.size());
        for (auto& one : items)
            this->ready_.emplace_back(std::move(one), detail::receipt(m));
        whole.release();
    }

    on_undecodable on_undecodable_;
};

} // namespace streamx::nats
