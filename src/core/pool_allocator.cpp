#include <streamx/core/detail/pool_allocator.hpp>

#include <array>
#include <new>

namespace streamx::detail {
namespace {

constexpr std::size_t step = 64; // sizes are rounded up to it
constexpr std::size_t largest = 512;
constexpr std::size_t kept_of_each_size = 16 * 1024; // bytes

struct block {
    block* next;
};

struct shelf {
    block* first = nullptr;
    std::size_t bytes = 0;
};

// Trivial, so that it can be used for as long as the thread runs, also while it ends.
constinit thread_local std::array<shelf, largest / step> shelves{};
constinit thread_local bool keeps = false; // what it keeps will be given back when it ends
constinit thread_local bool over = false;  // the thread has given back what it kept

struct giver_back {
    giver_back() noexcept {} // not trivial: it is made when it is first asked for
    ~giver_back() {
        over = true;
        keeps = false;
        for (auto& s : shelves)
            while (s.first) {
                block* b = s.first;
                s.first = b->next;
                ::operator delete(b);
            }
    }
    void be_there() noexcept {}
};
thread_local giver_back at_end;

shelf& shelf_for(std::size_t size) noexcept { return shelves[(size - 1) / step]; }
std::size_t rounded(std::size_t size) noexcept { return (size + step - 1) / step * step; }

} // namespace

void* take_from_pool(std::size_t size) {
    if (size > largest || size == 0) [[unlikely]]
        return ::operator new(size);
    shelf& s = shelf_for(size);
    if (!s.first) [[unlikely]]
        return ::operator new(rounded(size));
    block* b = s.first;
    s.first = b->next;
    s.bytes -= rounded(size);
    return b;
}

void give_to_pool(void* memory, std::size_t size) noexcept {
    if (size > largest || size == 0) [[unlikely]]
        return ::operator delete(memory);
    shelf& s = shelf_for(size);
    if (!keeps) [[unlikely]] {
        if (over)
            return ::operator delete(memory);
        at_end.be_there();
        keeps = true;
    }
    if (s.bytes >= kept_of_each_size) [[unlikely]]
        return ::operator delete(memory);
    s.first = ::new (memory) block{s.first};
    s.bytes += rounded(size);
}

} // namespace streamx::detail
