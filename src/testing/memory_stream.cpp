#include <streamx/testing/memory_stream.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace streamx::testing {

namespace detail {
namespace {

constexpr auto no_limit = std::numeric_limits<std::size_t>::max();

/// One direction of the connection.
struct lane {
    std::string bytes;
    std::size_t capacity;
    bool ended = false;   // the writer will write no more
    bool refused = false; // the reader will read no more
};

struct failure_at {
    std::size_t n = no_limit;
    error_code ec;
};

} // namespace

/// Both ends know the other; what is on the way lies with whom it goes to. One lock for the pair.
struct memory_end {
    explicit memory_end(std::size_t capacity, std::shared_ptr<std::mutex> lock)
        : mutex(std::move(lock)), in{.bytes = {}, .capacity = capacity} {}

    std::shared_ptr<std::mutex> mutex;
    std::weak_ptr<memory_end> peer;
    lane in;
    error_code broken;
    bool closed = false;
    bool resets = false; // when it is closed

    std::function<std::size_t()> read_size;
    std::size_t write_size = no_limit;
    failure_at read_failure, write_failure;
    std::size_t reads = 0, writes = 0, overlaps = 0, written = 0;
    std::weak_ptr<void> read_turn, write_turn;

    streamx::detail::gate<std::mutex> readable, writable;
};

std::shared_ptr<streamx::detail::gate<std::mutex>> readable(const memory_end_ptr& end) {
    return {end, &end->readable};
}
std::shared_ptr<streamx::detail::gate<std::mutex>> writable(const memory_end_ptr& end) {
    return {end, &end->writable};
}

std::shared_ptr<void> begin_read(memory_end& end) {
    std::lock_guard lock(*end.mutex);
    ++end.reads;
    if (!end.read_turn.expired()) {
        ++end.overlaps;
        return {};
    }
    auto turn = std::make_shared<char>();
    end.read_turn = turn;
    return turn;
}

std::shared_ptr<void> begin_write(memory_end& end) {
    std::lock_guard lock(*end.mutex);
    ++end.writes;
    if (!end.write_turn.expired()) {
        ++end.overlaps;
        return {};
    }
    auto turn = std::make_shared<char>();
    end.write_turn = turn;
    return turn;
}

transfer read(memory_end& end, std::span<const asio::mutable_buffer> to) {
    const auto peer = end.peer.lock();
    std::unique_lock lock(*end.mutex);
    if (end.closed)
        return {true, asio::error::operation_aborted, 0};
    if (end.reads >= end.read_failure.n)
        return {true, end.read_failure.ec, 0};
    if (end.broken)
        return {true, end.broken, 0};
    if (asio::buffer_size(to) == 0)
        return {true, {}, 0};
    if (end.in.bytes.empty()) {
        if (end.in.ended || end.in.refused)
            return {true, asio::error::eof, 0};
        return {false, {}, 0};
    }
    const auto most = end.read_size ? std::max<std::size_t>(end.read_size(), 1) : no_limit;
    const auto n = asio::buffer_copy(to, asio::buffer(end.in.bytes), most);
    end.in.bytes.erase(0, n);
    lock.unlock();
    if (peer)
        peer->writable.wake();
    return {true, {}, n};
}

transfer write(memory_end& end, std::span<const asio::const_buffer> from) {
    const auto peer = end.peer.lock();
    std::unique_lock lock(*end.mutex);
    if (end.closed)
        return {true, asio::error::operation_aborted, 0};
    if (end.writes >= end.write_failure.n)
        return {true, end.write_failure.ec, 0};
    if (end.broken)
        return {true, end.broken, 0};
    if (!peer || peer->closed || peer->in.ended || peer->in.refused)
        return {true, asio::error::broken_pipe, 0};
    const auto size = asio::buffer_size(from);
    const auto room = std::max(peer->in.capacity, peer->in.bytes.size()) - peer->in.bytes.size();
    const auto n = std::min({size, room, end.write_size});
    if (n == 0)
        return {size == 0, {}, 0};
    const auto old = peer->in.bytes.size();
    peer->in.bytes.resize(old + n);
    asio::buffer_copy(asio::buffer(peer->in.bytes.data() + old, n), from);
    end.written += n;
    lock.unlock();
    peer->readable.wake();
    return {true, {}, n};
}

namespace {

void wake(memory_end& end) {
    end.readable.wake();
    end.writable.wake();
}

/// Wakes both ends, so that they look again.
void wake_both(memory_end& end) {
    wake(end);
    if (const auto peer = end.peer.lock())
        wake(*peer);
}

void close(memory_end& end) {
    {
        const auto peer = end.peer.lock();
        std::lock_guard lock(*end.mutex);
        end.closed = true;
        if (peer)
            peer->in.ended = true;
        if (peer && end.resets && !peer->broken)
            peer->broken = asio::error::connection_reset;
    }
    wake_both(end);
}

} // namespace
} // namespace detail

memory_script& memory_script::read_at_most(std::size_t bytes) {
    return read_at_most([bytes] { return bytes; });
}

memory_script& memory_script::read_at_most(std::function<std::size_t()> bytes) {
    std::lock_guard lock(*end_->mutex);
    end_->read_size = std::move(bytes);
    return *this;
}

memory_script& memory_script::write_at_most(std::size_t bytes) {
    std::lock_guard lock(*end_->mutex);
    end_->write_size = std::max<std::size_t>(bytes, 1);
    return *this;
}

memory_script& memory_script::fail_read(std::size_t n, error_code ec) {
    std::lock_guard lock(*end_->mutex);
    end_->read_failure = {n, ec};
    return *this;
}

memory_script& memory_script::fail_write(std::size_t n, error_code ec) {
    std::lock_guard lock(*end_->mutex);
    end_->write_failure = {n, ec};
    return *this;
}

memory_script& memory_script::capacity(std::size_t bytes) {
    if (const auto peer = end_->peer.lock()) {
        {
            std::lock_guard lock(*end_->mutex);
            peer->in.capacity = bytes;
        }
        end_->writable.wake();
    }
    return *this;
}

void memory_script::reset() {
    {
        const auto peer = end_->peer.lock();
        std::lock_guard lock(*end_->mutex);
        end_->broken = asio::error::connection_reset;
        if (peer)
            peer->broken = asio::error::connection_reset;
    }
    detail::wake_both(*end_);
}

std::size_t memory_script::reads() const {
    std::lock_guard lock(*end_->mutex);
    return end_->reads;
}

std::size_t memory_script::writes() const {
    std::lock_guard lock(*end_->mutex);
    return end_->writes;
}

std::size_t memory_script::overlaps() const {
    std::lock_guard lock(*end_->mutex);
    return end_->overlaps;
}

std::size_t memory_script::written() const {
    std::lock_guard lock(*end_->mutex);
    return end_->written;
}

std::size_t memory_script::unread() const {
    const auto peer = end_->peer.lock();
    std::lock_guard lock(*end_->mutex);
    return peer ? peer->in.bytes.size() : 0;
}

bool memory_script::closed() const {
    std::lock_guard lock(*end_->mutex);
    return end_->closed;
}

std::pair<memory_stream, memory_stream> memory_stream::pair(
    const asio::any_io_executor& a, const asio::any_io_executor& b, std::size_t capacity) {
    auto lock = std::make_shared<std::mutex>();
    auto one = std::make_shared<detail::memory_end>(capacity, lock);
    auto other = std::make_shared<detail::memory_end>(capacity, std::move(lock));
    one->peer = other;
    other->peer = one;
    return {memory_stream(a, std::move(one)), memory_stream(b, std::move(other))};
}

memory_stream& memory_stream::operator=(memory_stream&& other) noexcept {
    memory_stream old(std::move(*this));
    executor_ = std::move(other.executor_);
    end_ = std::move(other.end_);
    return *this;
}

memory_stream::~memory_stream() {
    if (end_)
        detail::close(*end_);
}

bool memory_stream::is_open() const { return end_ && !script().closed(); }

void memory_stream::shutdown(asio::socket_base::shutdown_type what, error_code& ec) {
    ec = {};
    {
        const auto peer = end_->peer.lock();
        std::lock_guard lock(*end_->mutex);
        if (end_->closed) {
            ec = asio::error::bad_descriptor;
            return;
        }
        if (what != asio::socket_base::shutdown_send)
            end_->in.refused = true;
        if (what != asio::socket_base::shutdown_receive && peer)
            peer->in.ended = true;
    }
    detail::wake_both(*end_);
}

void memory_stream::set_option(const asio::socket_base::linger& option, error_code& ec) {
    ec = {};
    std::lock_guard lock(*end_->mutex);
    end_->resets = option.enabled() && option.timeout() == 0;
}

void memory_stream::close(error_code& ec) {
    ec = {};
    detail::close(*end_);
}

void memory_stream::close() { detail::close(*end_); }

void memory_stream::cancel() {
    end_->readable.abort();
    end_->writable.abort();
}

} // namespace streamx::testing
