#include "server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace streamx::testing {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using tcp = asio::ip::tcp;

std::string program() {
    std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
    for (std::string dir; std::getline(path, dir, ':');)
        if (const auto at = dir + "/nats-server"; ::access(at.c_str(), X_OK) == 0)
            return at;
    for (const char* at : {"/usr/sbin/nats-server", "/usr/bin/nats-server"})
        if (::access(at, X_OK) == 0)
            return at;
    return {};
}

/// Ports that were free a moment ago.
std::vector<int> free_ports(std::size_t n) {
    asio::io_context context;
    std::vector<tcp::acceptor> held;
    std::vector<int> ports;
    for (std::size_t i = 0; i < n; ++i) {
        held.emplace_back(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        ports.push_back(held.back().local_endpoint().port());
    }
    return ports;
}

/// Asks again until it is so; the server is another process, and says nothing by itself.
template <class Condition>
void until(Condition condition, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(std::string("nats-server: not in time: ") + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

bool is_listening(int port) {
    asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code ec;
    socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, ec);
    return !ec;
}

} // namespace

bool has_nats_server() { return !program().empty(); }

nats_servers::nats_servers(std::size_t count, std::string more)
    : more_(std::move(more)), all_(count) {
    auto form = (fs::temp_directory_path() / "streamx-nats-XXXXXX").string();
    if (!::mkdtemp(form.data()))
        throw std::runtime_error("mkdtemp failed");
    room_ = form;
    for (int tries = 3;; --tries)
        try {
            start_all();
            return;
        } catch (const std::runtime_error&) { // another process was faster with a port, perhaps
            for (std::size_t i = 0; i < count; ++i)
                signal(i, SIGKILL);
            if (tries == 1) {
                fs::remove_all(room_);
                throw;
            }
        }
}

void nats_servers::start_all() {
    const auto ports = free_ports(3 * all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) {
        all_[i].port = ports[3 * i];
        all_[i].cluster_port = ports[3 * i + 1];
        all_[i].http_port = ports[3 * i + 2];
    }
    for (std::size_t i = 0; i < all_.size(); ++i) {
        std::ofstream(room_ / (std::to_string(i) + ".conf")) << config(i);
        start(i);
    }
    wait_ready();
}

nats_servers::~nats_servers() {
    for (std::size_t i = 0; i < all_.size(); ++i)
        signal(i, SIGKILL);
    std::error_code ignored;
    fs::remove_all(room_, ignored);
}

std::string nats_servers::config(std::size_t i) const {
    std::ostringstream out;
    out << "server_name: s" << i << "\nlisten: 127.0.0.1:" << all_[i].port
        << "\nhttp: 127.0.0.1:" << all_[i].http_port << "\njetstream { store_dir: \""
        << (room_ / std::to_string(i)).string() << "\", max_mem: 256MB, max_file: 1GB }\n";
    if (all_.size() > 1) {
        out << "cluster { name: test, listen: 127.0.0.1:" << all_[i].cluster_port << ", routes: [";
        for (const char* comma = ""; const auto& other : all_)
            out << std::exchange(comma, ",") << " nats://127.0.0.1:" << other.cluster_port;
        out << " ] }\n";
    }
    return out.str() + more_;
}

void nats_servers::start(std::size_t i) {
    const auto exe = program();
    const auto conf = (room_ / (std::to_string(i) + ".conf")).string();
    const auto log = (room_ / (std::to_string(i) + ".log")).string();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // should the test crash
        const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(fd, 1);
        ::dup2(fd, 2);
        ::execl(
            exe.c_str(),
            exe.c_str(),
            "-c",
            conf.c_str(),
            "-l",
            log.c_str(),
            static_cast<char*>(nullptr));
        ::_exit(127);
    }
    all_[i].pid = pid;
}

void nats_servers::signal(std::size_t i, int number) {
    if (all_[i].pid <= 0)
        return;
    ::kill(all_[i].pid, number);
    if (number == SIGKILL) {
        ::waitpid(all_[i].pid, nullptr, 0);
        all_[i].pid = -1;
    }
}

std::vector<std::string> nats_servers::urls() const {
    std::vector<std::string> urls;
    for (const auto& s : all_)
        urls.push_back("nats://127.0.0.1:" + std::to_string(s.port));
    return urls;
}

std::string nats_servers::get(std::size_t i, const std::string& path) const {
    asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code ec;
    socket.connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(all_[i].http_port)}, ec);
    if (ec)
        return {};
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.0\r\n\r\n"), ec);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), ec);
    return answer;
}

void nats_servers::wait_ready() {
    for (std::size_t i = 0; i < all_.size(); ++i)
        until(
            [&] {
                if (::waitpid(all_[i].pid, nullptr, WNOHANG) != 0) {
                    all_[i].pid = -1;
                    throw std::runtime_error("nats-server does not start");
                }
                if (!is_listening(all_[i].port))
                    return false;
                const auto said = get(i, "/jsz");
                return all_.size() == 1 ? said.find("\"streams\"") != std::string::npos
                                        : said.find("\"leader\": \"s") != std::string::npos;
            },
            "to be ready");
}

std::size_t nats_servers::leader_of(const std::string& stream) const {
    std::size_t leader = 0;
    until(
        [&] {
            for (std::size_t i = 0; i < all_.size(); ++i) {
                const auto said = get(i, "/jsz?streams=1");
                const auto at = said.find("\"name\": \"" + stream + "\"");
                if (at == std::string::npos)
                    continue;
                const auto found = said.find("\"leader\": \"s", at);
                if (found == std::string::npos)
                    continue;
                leader = static_cast<std::size_t>(said[found + 12] - '0');
                return true;
            }
            return false;
        },
        "a stream's leader");
    return leader;
}

} // namespace streamx::testing
