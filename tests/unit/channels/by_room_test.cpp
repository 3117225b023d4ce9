#include <streamx/channels/detail/by_room.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace streamx::detail {
namespace {

struct reader {
    std::uint64_t position;
    std::uint64_t capacity;
    std::uint32_t place = 0;
    mutable std::size_t looked_at = 0;

    std::uint64_t full_at() const {
        ++looked_at;
        return position + capacity;
    }
};

TEST(by_room_test, nobody_is_full_where_nobody_is) {
    by_room<reader> all;
    EXPECT_EQ(all.first_full(1000), nullptr);
    reader r{0, 3};
    all.add(r);
    EXPECT_EQ(all.first_full(1000), nullptr) << "it has not started";
    all.start(r);
    EXPECT_EQ(all.until(), 3u);
    EXPECT_EQ(all.first_full(2), nullptr);
    EXPECT_EQ(all.first_full(3), &r);
    r.position = 1;
    EXPECT_EQ(all.first_full(3), nullptr);
    all.remove(r);
    EXPECT_EQ(all.first_full(1000), nullptr);
    all.remove(r); // it is not there
}

TEST(by_room_test, one_who_is_nearly_full_has_nobody_else_looked_at) {
    by_room<reader> all;
    std::vector<reader> idle(10'000, {0, 100'000});
    for (auto& r : idle) {
        all.add(r);
        all.start(r);
        r.looked_at = 0;
    }
    reader busy{0, 1};
    all.add(busy);
    all.start(busy);
    for (std::uint64_t tail = 0; tail != 1000; ++tail) {
        busy.position = tail;
        EXPECT_EQ(all.first_full(tail), nullptr);
    }
    EXPECT_TRUE(std::ranges::all_of(idle, [](const reader& r) { return r.looked_at == 0; }));
}

TEST(by_room_test, finds_whoever_is_full_however_they_come_take_and_go) {
    std::mt19937 random(1);
    for (int run = 0; run != 200; ++run) {
        by_room<reader> all;
        std::vector<std::unique_ptr<reader>> here;
        std::uint64_t tail = 0;
        for (int step = 0; step != 300; ++step) {
            const auto any = [&]() -> reader& { return *here[random() % here.size()]; };
            switch (random() % 4) {
            case 0:
                here.push_back(std::make_unique<reader>(reader{tail, 1 + random() % 20}));
                all.add(*here.back());
                all.start(*here.back());
                break;
            case 1:
                if (!here.empty()) {
                    const auto goes = here.begin() + random() % here.size();
                    all.remove(**goes);
                    here.erase(goes);
                }
                break;
            case 2:
                if (!here.empty()) {
                    auto& r = any();
                    r.position += random() % (tail - r.position + 1);
                }
                break;
            default:
                if (auto* full = all.first_full(tail)) {
                    EXPECT_LE(full->full_at(), tail);
                } else {
                    for (const auto& r : here)
                        EXPECT_GT(r->full_at(), tail);
                    ++tail;
                }
            }
        }
    }
}

} // namespace
} // namespace streamx::detail
