#include "client_options.hpp"

#include <boost/system/errc.hpp>

#include <unistd.h>

#include <cerrno>
#include <vector>

namespace streamx::nats::detail {

error_code obvious_error(const connect_options& wanted) {
    if (wanted.servers.empty())
        return make_error_code(boost::system::errc::invalid_argument);
    for (const auto* file :
         {&wanted.credentials.file,
          &wanted.credentials.seed_file,
          &wanted.tls.ca_file,
          &wanted.tls.certificate_file,
          &wanted.tls.key_file})
        if (!file->empty() && ::access(file->c_str(), R_OK) != 0)
            return {errno, boost::system::generic_category()};
    return {};
}

natsStatus set_options(natsOptions* o, const connect_options& wanted) {
    natsStatus s = NATS_OK;
    const auto set = [&s, o](bool is_wanted, auto option, auto... values) {
        if (s == NATS_OK && is_wanted)
            s = option(o, values...);
    };
    const auto or_null = [](const std::string& text) {
        return text.empty() ? nullptr : text.c_str();
    };
    std::vector<const char*> servers;
    for (const auto& server : wanted.servers)
        servers.push_back(server.c_str());
    const auto& who = wanted.credentials;
    const auto& tls = wanted.tls;
    const auto& again = wanted.reconnect;

    set(true, natsOptions_SetServers, servers.data(), static_cast<int>(servers.size()));
    set(!wanted.name.empty(), natsOptions_SetName, wanted.name.c_str());
    set(true, natsOptions_SetTimeout, wanted.timeout.count());
    set(true, natsOptions_SetPingInterval, wanted.ping_interval.count());
    set(true, natsOptions_SetMaxPingsOut, wanted.max_pings_out);

    set(!who.user.empty(), natsOptions_SetUserInfo, who.user.c_str(), who.password.c_str());
    set(!who.token.empty(), natsOptions_SetToken, who.token.c_str());
    const char* const seed_in_the_same = nullptr;
    set(!who.file.empty(),
        natsOptions_SetUserCredentialsFromFiles,
        who.file.c_str(),
        seed_in_the_same);
    set(!who.nkey.empty(), natsOptions_SetNKeyFromSeed, who.nkey.c_str(), who.seed_file.c_str());

    set(tls.enabled, natsOptions_SetSecure, true);
    set(!tls.ca_file.empty(), natsOptions_LoadCATrustedCertificates, tls.ca_file.c_str());
    set(!tls.certificate_file.empty(),
        natsOptions_LoadCertificatesChain,
        or_null(tls.certificate_file),
        or_null(tls.key_file));
    set(!tls.hostname.empty(), natsOptions_SetExpectedHostname, tls.hostname.c_str());
    set(!tls.verify, natsOptions_SkipServerVerification, true);

    set(true, natsOptions_SetAllowReconnect, again.enabled);
    set(true, natsOptions_SetMaxReconnect, again.max_attempts);
    set(true, natsOptions_SetReconnectWait, again.wait.count());
    set(true, natsOptions_SetReconnectJitter, again.jitter.count(), again.jitter.count());

    set(true, natsOptions_SetIOBufSize, 256 * 1024);
    set(true, natsOptions_SetSendAsap, true);
    return s;
}

} // namespace streamx::nats::detail
