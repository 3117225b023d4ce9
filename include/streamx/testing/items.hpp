#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::testing {

/// What happened to items that were made with it.
struct item_counts {
    std::size_t copies = 0;
    std::size_t moves = 0;
    std::size_t live = 0; ///< made and not destroyed, moved-from ones included
};

/// An item that counts what is done to it.
class counted_item {
public:
    counted_item(int value, item_counts& counts) : value_(value), counts_(&counts) {
        ++counts_->live;
    }
    counted_item(const counted_item& other) : value_(other.value_), counts_(other.counts_) {
        ++counts_->live;
        ++counts_->copies;
    }
    counted_item(counted_item&& other) noexcept
        : value_(std::exchange(other.value_, moved_from)), counts_(other.counts_) {
        ++counts_->live;
        ++counts_->moves;
    }
    counted_item& operator=(const counted_item& other) {
        value_ = other.value_;
        ++counts_->copies;
        return *this;
    }
    counted_item& operator=(counted_item&& other) noexcept {
        value_ = std::exchange(other.value_, moved_from);
        ++counts_->moves;
        return *this;
    }
    ~counted_item() { --counts_->live; }

    static constexpr int moved_from = -1;

    int value() const noexcept { return value_; }
    friend bool operator==(const counted_item& item, int value) noexcept {
        return item.value_ == value;
    }

private:
    int value_;
    item_counts* counts_;
};

/// An item that can be neither copied nor made of nothing.
class move_only_item {
public:
    explicit move_only_item(int value) : value_(std::make_unique<int>(value)) {}

    int value() const noexcept { return value_ ? *value_ : moved_from; }
    friend bool operator==(const move_only_item& item, int value) noexcept {
        return item.value() == value;
    }

    static constexpr int moved_from = -1;

private:
    std::unique_ptr<int> value_;
};

} // namespace streamx::testing
