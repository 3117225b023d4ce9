#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace streamx::nats {

/// Who a client says it is: whichever of these is not empty.
struct credentials {
    std::string user, password;
    std::string token;
    std::string file; ///< of a JWT and its seed, as `nsc` writes them
    std::string nkey; ///< a public NKey, whose seed is in `seed_file`
    std::string seed_file;
};

/// How the connection is encrypted. The handshake is part of connecting, off the loop thread.
struct tls_options {
    bool enabled = false;
    std::string ca_file; ///< whom to trust, in PEM; empty: whom the system trusts
    std::string certificate_file, key_file; ///< of the client, where the server asks for them
    std::string hostname; ///< that the server's certificate must be for; empty: the URL's
    bool verify = true;   ///< false: any certificate will do
};

/// What happens when the connection is lost.
struct reconnect_policy {
    bool enabled = true;
    int max_attempts = -1; ///< of each server; -1: without end
    std::chrono::milliseconds wait{250};
    std::chrono::milliseconds jitter{100};
};

struct connect_options {
    std::vector<std::string> servers{"nats://127.0.0.1:4222"};
    std::string name; ///< that the server lists the client under
    nats::credentials credentials{};
    tls_options tls{};
    reconnect_policy reconnect{};
    std::chrono::milliseconds timeout{2000}; ///< of connecting to one server
    std::chrono::milliseconds ping_interval{
        20000};            ///< how often the server is asked for a sign of life
    int max_pings_out = 2; ///< unanswered ones before the connection is lost
    /// How long what was published last may take to leave when the connection is closed.
    std::chrono::milliseconds close_timeout{1000};
};

} // namespace streamx::nats
