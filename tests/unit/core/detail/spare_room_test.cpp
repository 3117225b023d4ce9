#include <streamx/core/detail/spare_room.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace streamx::detail {
namespace {

using bytes = spare_allocator<std::byte>;

TEST(spare_room_test, has_room_for_one_operation_at_a_time) {
    own_room room;
    bytes memory(room.get());

    auto* first = memory.allocate(64);
    auto* second = memory.allocate(64);
    EXPECT_NE(first, second);

    memory.deallocate(first, 64);
    auto* third = memory.allocate(100);
    EXPECT_EQ(third, first);
    memory.deallocate(second, 64);
    memory.deallocate(third, 100);
}

TEST(spare_room_test, what_is_too_big_comes_from_elsewhere) {
    own_room room;
    bytes memory(room.get());

    auto* big = memory.allocate(100'000);
    auto* small = memory.allocate(1);
    EXPECT_EQ(room.get()->take(1), nullptr) << "the small one is not in it";

    memory.deallocate(big, 100'000);
    EXPECT_EQ(room.get()->take(1), nullptr) << "the big one was not in it";
    memory.deallocate(small, 1);
}

TEST(spare_room_test, a_room_that_was_left_is_the_next_ones) {
    auto first = std::make_unique<own_room>();
    auto* const room = first->get();
    first.reset();

    EXPECT_EQ(own_room().get(), room);
}

TEST(spare_room_test, there_are_so_many_and_who_comes_later_has_none) {
    std::vector<std::unique_ptr<own_room>> taken(own_room::most);
    for (auto& room : taken)
        room = std::make_unique<own_room>();
    EXPECT_NE(taken.back()->get(), nullptr);

    own_room late;
    EXPECT_EQ(late.get(), nullptr);
    bytes memory(late.get());
    memory.deallocate(memory.allocate(64), 64);

    taken.pop_back();
    EXPECT_NE(own_room().get(), nullptr);
}

} // namespace
} // namespace streamx::detail
