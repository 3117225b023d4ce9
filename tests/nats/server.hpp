#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace streamx::testing {

/// Whether there is a `nats-server` to start.
bool has_nats_server();

/// `nats-server`s that a test starts, on free ports and with a directory of their own; they are killed
/// and their directory removed at the end. More than one are a cluster with JetStream.
class nats_servers {
public:
    /// `more` is added to each one's configuration.
    explicit nats_servers(std::size_t count = 1, std::string more = {});
    nats_servers(const nats_servers&) = delete;
    nats_servers& operator=(const nats_servers&) = delete;
    ~nats_servers();

    std::vector<std::string> urls() const;
    std::size_t size() const noexcept { return all_.size(); }

    void start(std::size_t which);
    /// Sends a signal; SIGKILL waits until it is gone.
    void signal(std::size_t which, int number);

    /// What its monitoring says at this path.
    std::string get(std::size_t which, const std::string& path) const;
    /// The server that leads a stream; waits until there is one.
    std::size_t leader_of(const std::string& stream) const;

private:
    struct server {
        pid_t pid = -1;
        int port = 0, cluster_port = 0, http_port = 0;
    };
    std::string config(std::size_t which) const;
    void start_all();
    void wait_ready();

    std::filesystem::path room_;
    std::string more_;
    std::vector<server> all_;
};

} // namespace streamx::testing
