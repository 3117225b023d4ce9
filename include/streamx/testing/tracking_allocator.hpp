#pragma once

#include <cstddef>
#include <memory>

namespace streamx::testing {

namespace detail {

struct allocation_counts {
    std::size_t allocations = 0;
    std::size_t live = 0;
};

} // namespace detail

/// An allocator that knows what came of it. Copies, also those for other types, count together.
template <class T = void>
class tracking_allocator {
public:
    using value_type = T;

    tracking_allocator() : counts_(std::make_shared<detail::allocation_counts>()) {}
    template <class U>
    tracking_allocator(const tracking_allocator<U>& other) noexcept : counts_(other.counts_) {}

    T* allocate(std::size_t n) {
        T* p = std::allocator<T>().allocate(n);
        ++counts_->allocations;
        counts_->live += n * sizeof(T);
        return p;
    }
    void deallocate(T* p, std::size_t n) noexcept {
        counts_->live -= n * sizeof(T);
        std::allocator<T>().deallocate(p, n);
    }

    std::size_t allocations() const noexcept { return counts_->allocations; }
    std::size_t live_bytes() const noexcept { return counts_->live; }

    template <class U>
    friend bool operator==(const tracking_allocator& a, const tracking_allocator<U>& b) noexcept {
        return a.same_counts(b);
    }

private:
    template <class>
    friend class tracking_allocator;

    template <class U>
    bool same_counts(const tracking_allocator<U>& other) const noexcept {
        return counts_ == other.counts_;
    }

    std::shared_ptr<detail::allocation_counts> counts_;
};

} // namespace streamx::testing
