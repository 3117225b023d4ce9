#pragma once

// What a bench needs whose two sides are processes of their own.

#include "bench.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::bench {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;
using socket_type = asio::basic_stream_socket<asio::ip::tcp, executor>;

/// A message whose first bytes are its number.
class message {
public:
    explicit message(std::size_t size) : bytes_(size, 'x') {}
    std::string_view number(std::uint64_t i) {
        std::memcpy(bytes_.data(), &i, sizeof i);
        return bytes_;
    }

private:
    std::string bytes_;
};

inline std::uint64_t number_of(std::string_view bytes) {
    std::uint64_t i;
    std::memcpy(&i, bytes.data(), sizeof i);
    return i;
}

/// For `co_spawn`: a failure ends the program.
inline void check(std::exception_ptr failure) {
    if (failure)
        std::rethrow_exception(failure);
}

template <class T>
void write_to(int fd, const T& value) {
    if (::write(fd, &value, sizeof value) != sizeof value)
        std::_Exit(1);
}
template <class T>
T read_from(int fd) {
    T value;
    if (::read(fd, &value, sizeof value) != sizeof value)
        std::_Exit(1);
    return value;
}

/// Runs `side(fd)` in a process of its own, which ends with this one at the latest, and gives the other
/// end of that descriptor.
template <class Side>
int fork_side(Side side) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        std::abort();
    const auto child = ::fork();
    if (child < 0)
        std::abort();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[1]);
        side(ends[0]);
        std::_Exit(0);
    }
    ::close(ends[0]);
    return ends[1];
}

/// The sender's side runs in a process of its own, and sends as many messages as it is told each time
/// it asks for `next_count()`; 0 ends it.
template <class Send, class Receive>
void pair(const std::string& name, Send send, Receive receive) {
    if (!selected(name))
        return;
    asio::io_context ctx(1);
    asio::ip::tcp::acceptor acceptor(ctx, {asio::ip::address_v4::loopback(), 0});
    const int control = fork_side([&](int fd) {
        asio::io_context own(1);
        socket_type socket(own);
        socket.connect(acceptor.local_endpoint());
        socket.set_option(asio::ip::tcp::no_delay(true));
        send(own, std::move(socket), [&] {
            std::uint64_t n = 0;
            return ::read(fd, &n, sizeof n) == sizeof n ? n : 0;
        });
    });
    socket_type socket(ctx);
    acceptor.accept(socket);
    receive(ctx, std::move(socket), [&](auto body) {
        run(
            name,
            [&](std::uint64_t n) {
                write_to(control, n);
                ctx.restart();
                return body(n);
            },
            sum_below);
    });
    ::close(control);
    ::wait(nullptr);
}

/// Of this process so far.
inline double cpu_ns() {
    rusage u{};
    ::getrusage(RUSAGE_SELF, &u);
    const auto ns = [](const timeval& t) {
        return double(t.tv_sec) * 1e9 + double(t.tv_usec) * 1e3;
    };
    return ns(u.ru_utime) + ns(u.ru_stime);
}

/// Bytes of memory that this process has now.
inline double resident() {
    std::ifstream statm("/proc/self/statm");
    long pages = 0;
    statm >> pages >> pages; // the second number is what is resident
    return double(pages) * double(::sysconf(_SC_PAGESIZE));
}

/// Bytes that this process has allocated.
inline double heap() {
    const auto now = ::mallinfo2();
    return double(now.uordblks + now.hblkhd);
}

/// Lets this process have as many connections as it may.
inline void allow_many_files() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

/// What a server's process is asked: to put so many items, or to tell its state.
struct order {
    enum { put, tell } what;
    std::uint64_t n = 0;
};

/// The process of a server, a `Side(io_context&, int control)`, as seen from here: it answers on `control`,
/// with a `State` to each order to tell it.
template <class Side, class State>
class far_process {
public:
    far_process()
        : control_(fork_side([](int fd) {
              asio::io_context ctx(1);
              const Side side(ctx, fd);
              ctx.run();
          })) {}
    ~far_process() {
        ::close(control_);
        ::wait(nullptr);
    }
    far_process(const far_process&) = delete;
    far_process& operator=(const far_process&) = delete;

    State ask() const {
        write_to(control_, order{order::tell});
        return read_from<State>(control_);
    }
    void put(std::uint64_t n) const { write_to(control_, order{order::put, n}); }

private:
    int control_;
};

/// What each of so many connections takes, from the server's state before them and after.
template <class State>
void print_memory(
    const std::string& name, std::size_t connections, const State& before, const State& after) {
    std::printf(
        "bench=%s items=%zu rss_bytes_per_item=%.0f heap_bytes_per_item=%.0f\n",
        name.c_str(),
        connections,
        (after.resident - before.resident) / double(connections),
        (after.heap - before.heap) / double(connections));
}

} // namespace streamx::bench
