#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

// Random schedules of joins, leaves, puts, cancels, pulls and a close by two threads at once. What
// came of them is held against the one order that a witness has seen, who takes no part.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

/// How a member was made.
struct kind {
    overflow policy = overflow::wait;
    std::size_t capacity = 0;
    bool impatient = false;

    /// Whether it may miss items and go on.
    bool lossy() const {
        return impatient || policy == overflow::drop_oldest || policy == overflow::drop_newest;
    }
};

/// A subscriber, and all that it got.
struct member {
    kind made;
    std::uint64_t joined_after, joined_before; ///< items put before it joined: at least, at most
    std::optional<subscription<int>> self;
    ints got, undelivered;
    code wait;
    std::uint64_t missed = 0;
    bool left = false;
    bool failed = false;

    member(broadcast<int>& b, kind k) : made(k), joined_after(b.stats().put) {
        self.emplace(b.subscribe(
            {.overflow = k.policy,
             .capacity = k.capacity,
             .patience = k.impatient ? 1ns : clock_service::duration::max(),
             .on_undelivered = k.lossy() ? std::function<void(int&&)>()
                                         : [this](int&& item) { undelivered.push_back(item); }}));
        joined_before = b.stats().put;
    }

    bool pull() {
        try {
            auto item = self->try_next();
            if (item)
                got.push_back(*item);
            return bool(item);
        } catch (const boost::system::system_error&) {
            failed = true;
            return false;
        }
    }
};

struct tried_put {
    int item;
    code result;
    asio::cancellation_signal stop;
};

/// What one thread does in one schedule.
class actor {
public:
    actor(broadcast<int>& b, unsigned seed, int first_item)
        : b_(b), random_(seed), next_item_(first_item) {}

    void act() {
        for (int step = 0; step != 60; ++step) {
            act(random_() % 100);
            poll();
        }
    }

    void poll() {
        ctx_.restart();
        ctx_.poll();
    }

    void drain() {
        poll();
        for (auto& m : members_)
            if (!m.left) {
                while (m.pull()) {
                }
                m.missed = m.self->missed();
            }
    }

    std::list<member>& members() { return members_; }

    ints accepted() const {
        ints items;
        for (const auto& p : puts_)
            if (p.result && !*p.result)
                items.push_back(p.item);
        return items;
    }
    bool all_done() const {
        return std::all_of(puts_.begin(), puts_.end(), [](auto& p) { return bool(p.result); });
    }

private:
    void act(unsigned what) {
        if (what < 12)
            return join();
        if (what < 45)
            return put();
        if (what < 50)
            return cancel();
        if (what < 60)
            return try_put();
        if (what < 61)
            return b_.close();
        if (members_.empty())
            return;
        auto m = members_.begin();
        std::advance(m, random_() % members_.size());
        if (m->left)
            return;
        if (what < 65)
            leave(*m);
        else if (what < 80)
            m->self->async_wait(asio::bind_executor(ctx_, [](error_code) {}));
        else if (what < 88)
            run_over(*m);
        else
            m->pull();
        if (!m->left) {
            EXPECT_LE(m->self->lag(), std::max<std::size_t>(m->made.capacity, 1));
        }
    }

    void join() {
        static constexpr kind kinds[] = {
            {overflow::wait, 0},
            {overflow::wait, 1},
            {overflow::wait, 3},
            {overflow::wait, 8},
            {overflow::wait, 0, true},
            {overflow::wait, 2, true},
            {overflow::drop_oldest, 2},
            {overflow::drop_newest, 2},
            {overflow::fail, 3},
            {overflow::disconnect, 2}};
        if (members_.size() < 4)
            members_.emplace_back(b_, kinds[random_() % std::size(kinds)]);
    }

    void leave(member& m) {
        m.left = true;
        m.self.reset();
    }

    void put() {
        auto& p = puts_.emplace_back();
        p.item = next_item_++;
        b_.async_put(p.item, asio::bind_executor(ctx_, into(p.result, p.stop)));
    }

    void try_put() {
        auto& p = puts_.emplace_back();
        p.item = next_item_++;
        p.result = b_.try_put(p.item) ? success : errc::full;
    }

    void cancel() {
        if (puts_.empty())
            return;
        auto p = puts_.begin();
        std::advance(p, random_() % puts_.size());
        p->stop.emit(asio::cancellation_type::total);
    }

    /// Takes some as a terminal does.
    void run_over(member& m) {
        unsigned left = 1 + random_() % 4;
        try {
            m.self->each_ready([&](int item) {
                m.got.push_back(item);
                return --left != 0;
            });
        } catch (const boost::system::system_error&) {
            m.failed = true;
        }
    }

    broadcast<int>& b_;
    std::minstd_rand random_;
    int next_item_;
    std::list<member> members_;
    std::list<tried_put> puts_;
    asio::io_context ctx_{1};
};

class schedule {
public:
    explicit schedule(unsigned seed)
        : actors_{actor(b_, 2 * seed + 1, 0), actor(b_, 2 * seed + 2, 1000)} {}

    void act(std::size_t thread) {
        ++started_;
        while (started_ != 2) // whoever wakes first does not get far ahead
            std::this_thread::yield();
        actors_[thread].act();
        if (thread == 0)
            run();
    }

    void check() {
        b_.close();
        run();
        for (auto& a : actors_)
            a.drain();
        order_ = take_all(witness_);
        ints accepted;
        std::uint64_t delivered = order_.size();
        for (auto& a : actors_) {
            EXPECT_TRUE(a.all_done());
            const auto own = a.accepted();
            EXPECT_EQ(own, of(a)) << "a producer's items keep their order, none is lost or doubled";
            accepted.insert(accepted.end(), own.begin(), own.end());
            for (const auto& m : a.members()) {
                delivered += m.got.size();
                check(m);
            }
        }
        EXPECT_EQ(accepted.size(), order_.size());
        const auto s = b_.stats();
        EXPECT_EQ(s.put, order_.size());
        EXPECT_EQ(s.delivered, delivered);
        EXPECT_EQ(s.puts_waiting, 0u);
        EXPECT_FALSE(s.held_back);
    }

private:
    void run() {
        ctx_.restart();
        ctx_.poll();
    }

    ints of(const actor& a) const {
        ints items;
        for (int item : order_)
            if ((item >= 1000) == (&a == &actors_[1]))
                items.push_back(item);
        return items;
    }

    std::uint64_t position(int item) const {
        const auto found = std::find(order_.begin(), order_.end(), item);
        EXPECT_NE(found, order_.end()) << item << " was never put";
        return static_cast<std::uint64_t>(found - order_.begin());
    }

    void check(const member& m) const {
        SCOPED_TRACE(
            ::testing::Message() << "policy " << static_cast<int>(m.made.policy) << " capacity "
                                 << m.made.capacity << (m.made.impatient ? " impatient" : ""));
        std::vector<std::uint64_t> places;
        for (int item : m.got)
            places.push_back(position(item));
        if (m.made.lossy()) {
            EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
            EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
            if (!m.left) {
                const auto joined = order_.size() - m.got.size() - m.missed;
                EXPECT_GE(joined, m.joined_after);
                EXPECT_LE(joined, m.joined_before);
                EXPECT_TRUE(places.empty() || places.front() >= joined);
            }
            return;
        }
        // What it has not taken follows what it has, without a gap.
        for (int item : m.undelivered)
            places.push_back(position(item));
        for (std::size_t i = 1; i < places.size(); ++i)
            EXPECT_EQ(places[i], places[i - 1] + 1);
        if (!places.empty()) {
            EXPECT_GE(places.front(), m.joined_after);
            EXPECT_LE(places.front(), m.joined_before);
        }
        const bool cut_off = m.failed || (!m.left && m.missed != 0);
        if (!m.left && !cut_off) {
            EXPECT_TRUE(
                places.empty() ? m.joined_before >= order_.size()
                               : places.back() + 1 == order_.size());
        }
    }

    asio::io_context ctx_{1};
    broadcast<int> b_{ctx_.get_executor()};
    subscription<int> witness_ = b_.subscribe({.capacity = 1000});
    std::array<actor, 2> actors_;
    std::atomic<int> started_ = 0;
    ints order_;
};

TEST(broadcast_two_threads_test, random_schedules_of_two_threads_agree_on_one_order) {
    static constexpr unsigned schedules = sanitized ? 1'000 : 10'000;
    std::barrier together(2);
    std::unique_ptr<schedule> now;
    std::jthread other([&] {
        for (unsigned seed = 0; seed != schedules; ++seed) {
            together.arrive_and_wait();
            now->act(1);
            together.arrive_and_wait();
        }
    });
    for (unsigned seed = 0; seed != schedules; ++seed) {
        now = std::make_unique<schedule>(seed);
        together.arrive_and_wait();
        now->act(0);
        together.arrive_and_wait();
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        if (!HasFailure())
            now->check();
    }
}

} // namespace
} // namespace streamx::testing
