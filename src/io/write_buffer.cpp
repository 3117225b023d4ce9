#include <streamx/io/write_buffer.hpp>

#include <algorithm>
#include <utility>

namespace streamx::io {
namespace {

constexpr std::size_t usual_capacity = 64 * 1024;
constexpr std::size_t first_capacity = 512;

} // namespace

void write_buffer::append(const write_buffer& bytes) {
    for (const auto& p : bytes.pieces_)
        append({p.data, p.size});
    append({bytes.open_, bytes.next_});
}

void write_buffer::take(std::string&& bytes) {
    if (bytes.size() < large)
        return append(bytes);
    seal();
    strings_.push_back(std::move(bytes));
    auto& s = strings_.back();
    pieces_.push_back({s.data(), s.size(), is_string}); // the vector may move it, not its bytes
    sealed_ += s.size();
}

void write_buffer::seal() {
    if (open_ == next_)
        return;
    const auto size = static_cast<std::size_t>(next_ - open_);
    pieces_.push_back({open_, size, current_});
    sealed_ += size;
    open_ = next_;
}

void write_buffer::open(std::size_t index) noexcept {
    current_ = index;
    open_ = next_ = blocks_[index].bytes.get();
    limit_ = open_ + blocks_[index].capacity;
}

void write_buffer::grow(std::size_t n) {
    const auto make = [](std::size_t capacity) {
        return block{std::make_unique_for_overwrite<char[]>(capacity), capacity};
    };
    // The first block begins small, and is exchanged for a larger one until it has the usual size.
    const auto used = static_cast<std::size_t>(next_ - open_);
    if (pieces_.empty() && used + n <= usual_capacity) {
        auto larger =
            make(std::min(usual_capacity, std::max({used + n, used * 2, first_capacity})));
        if (used != 0)
            std::memcpy(larger.bytes.get(), open_, used);
        if (blocks_.empty())
            blocks_.emplace_back();
        blocks_[0] = std::move(larger);
        open(0);
        next_ += used;
        return;
    }
    const auto index = blocks_.empty() ? 0 : current_ + 1;
    if (index == blocks_.size())
        blocks_.push_back(make(std::max(n, usual_capacity)));
    else if (blocks_[index].capacity < n)
        blocks_[index] = make(n);
    seal();
    open(index);
}

void write_buffer::cut_to(std::size_t size) noexcept {
    while (sealed_ > size) {
        const auto last = pieces_.back();
        pieces_.pop_back();
        sealed_ -= last.size;
        next_ = open_;
        if (last.block == is_string) {
            strings_.pop_back();
        } else {
            open(last.block);
            open_ = last.data;
            next_ = open_ + last.size;
        }
    }
    next_ = open_ + (size - sealed_);
}

void write_buffer::clear() noexcept {
    cut_to(0);
    if (blocks_.empty())
        return;
    // What is larger than usual does not stay.
    std::erase_if(blocks_, [](const block& b) { return b.capacity > usual_capacity; });
    if (!blocks_.empty())
        return open(0);
    current_ = 0;
    open_ = next_ = limit_ = nullptr;
}

void write_buffer::shrink() noexcept {
    if (blocks_.size() > current_ + 1)
        blocks_.resize(current_ + 1);
}

void write_buffer::gather(
    std::size_t from,
    std::size_t bytes,
    std::size_t count,
    std::vector<boost::asio::const_buffer>& out) const {
    const auto add = [&](const char* data, std::size_t size) {
        if (from >= size) {
            from -= size;
            return;
        }
        if (count == 0 || bytes == 0)
            return;
        const auto n = std::min(size - from, bytes);
        out.emplace_back(data + from, n);
        from = 0;
        bytes -= n;
        --count;
    };
    for (const auto& p : pieces_) {
        add(p.data, p.size);
        if (count == 0 || bytes == 0)
            return;
    }
    add(open_, static_cast<std::size_t>(next_ - open_));
}

std::string write_buffer::to_string() const {
    std::string whole;
    whole.reserve(size());
    for (const auto& p : pieces_)
        whole.append(p.data, p.size);
    whole.append(open_, next_);
    return whole;
}

void write_buffer::swap(write_buffer& other) noexcept {
    std::swap(pieces_, other.pieces_);
    std::swap(strings_, other.strings_);
    std::swap(sealed_, other.sealed_);
    std::swap(blocks_, other.blocks_);
    std::swap(current_, other.current_);
    std::swap(open_, other.open_);
    std::swap(next_, other.next_);
    std::swap(limit_, other.limit_);
}

} // namespace streamx::io
