#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

// Random schedules of joins, leaves, puts, cancels, pulls and a close, against the obvious
// implementation: a queue of its own for each subscriber.

namespace streamx::testing {
namespace {

struct member {
    subscription<int> self;
    overflow policy;
    std::size_t capacity;
    std::deque<int> expected;
    bool cut = false;
    bool asks = false;
    code wait;
    asio::cancellation_signal stop;

    member(subscription<int> s, overflow p, std::size_t c)
        : self(std::move(s)), policy(p), capacity(c) {}
};

struct waiting_put {
    int item;
    bool cancelled = false;
    code result;
    asio::cancellation_signal stop;
};

class schedule {
public:
    explicit schedule(unsigned seed) : random_(seed) {}

    void play() {
        for (int step = 0; step != 60 && !::testing::Test::HasFailure(); ++step) {
            SCOPED_TRACE(::testing::Message() << "step " << step);
            act(pick(100));
            settle();
        }
        closed_ = true;
        b_.close();
        settle();
        for (auto& m : members_)
            while (!m->expected.empty() && !::testing::Test::HasFailure())
                pull(*m);
        for (auto& m : members_)
            EXPECT_TRUE(m->cut || m->self.try_next().is_end());
    }

private:
    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }

    void act(unsigned what) {
        if (what < 15)
            return join();
        if (what < 20 && !members_.empty())
            return leave();
        if (what < 45)
            return put();
        if (what < 50 && !puts_.empty())
            return cancel_put();
        if (what < 60 && !closed_)
            return try_put();
        if (what < 61 && !closed_) {
            closed_ = true;
            b_.close();
            return;
        }
        if (members_.empty())
            return;
        member& m = *members_[pick(static_cast<unsigned>(members_.size()))];
        if (what < 70)
            return ask(m);
        if (what < 75 && m.asks)
            return m.stop.emit(asio::cancellation_type::total);
        pull(m);
    }

    void join() {
        if (closed_ || members_.size() == 5)
            return;
        static constexpr overflow policies[] = {
            overflow::wait,
            overflow::wait,
            overflow::wait,
            overflow::drop_oldest,
            overflow::drop_newest,
            overflow::disconnect};
        const auto policy = policies[pick(6)];
        const std::size_t capacity = policy == overflow::wait ? pick(4) : 1 + pick(4);
        members_.push_back(std::make_unique<member>(
            b_.subscribe({.overflow = policy, .capacity = capacity}), policy, capacity));
        admit();
    }

    void leave() {
        auto& m = members_[pick(static_cast<unsigned>(members_.size()))];
        {
            auto gone = std::move(m->self);
        }
        gone_.push_back(std::move(m)); // its wait is still to be told
        std::erase(members_, nullptr);
        admit();
    }

    void put() {
        auto& p = puts_.emplace_back();
        p.item = next_++;
        b_.async_put(p.item, into(p.result, p.stop));
        if (closed_)
            p.cancelled = true;
        admit();
    }

    void cancel_put() {
        auto p = puts_.begin();
        std::advance(p, pick(static_cast<unsigned>(puts_.size())));
        if (p->result)
            return;
        p->cancelled = true;
        p->stop.emit(asio::cancellation_type::total);
    }

    void try_put() {
        const int item = next_++;
        const bool room = waiting() == nullptr && may_put();
        EXPECT_EQ(b_.try_put(item), room);
        if (room)
            accept(item);
    }

    void ask(member& m) {
        if (m.asks)
            return;
        m.wait.reset();
        m.asks = m.expected.empty() && !closed_ && !m.cut;
        m.self.async_wait(into(m.wait, m.stop));
        admit();
    }

    void pull(member& m) {
        if (m.expected.empty() && !m.cut && !closed_ && m.policy == overflow::wait &&
            m.capacity == 0 && !m.asks && waiting()) {
            m.asks = true; // for as long as the try
            if (may_put())
                admit_first();
            m.asks = false;
        }
        auto item = m.self.try_next();
        if (m.expected.empty()) {
            EXPECT_FALSE(item) << *item;
            EXPECT_EQ(item.is_end(), m.cut || closed_);
            return;
        }
        ASSERT_TRUE(item);
        EXPECT_EQ(*item, m.expected.front());
        m.expected.pop_front();
        admit();
    }

    // --- the model ---

    waiting_put* waiting() {
        for (auto& p : puts_)
            if (!p.cancelled && !accepted(p))
                return &p;
        return nullptr;
    }
    bool accepted(const waiting_put& p) const {
        return std::find(accepted_.begin(), accepted_.end(), p.item) != accepted_.end();
    }

    bool may_put() const {
        bool any = false;
        for (const auto& m : members_) {
            if (m->cut)
                continue;
            any = true;
            if (m->policy == overflow::wait &&
                (m->capacity == 0 ? !m->asks || !m->expected.empty()
                                  : m->expected.size() >= m->capacity))
                return false;
        }
        return any;
    }

    void accept(int item) {
        accepted_.push_back(item);
        for (auto& m : members_) {
            if (m->cut)
                continue;
            if (m->policy != overflow::wait && m->expected.size() == m->capacity) {
                if (m->policy == overflow::drop_newest)
                    continue;
                if (m->policy == overflow::drop_oldest)
                    m->expected.pop_front();
                if (m->policy == overflow::disconnect) {
                    m->cut = true;
                    m->expected.clear();
                    continue;
                }
            }
            m->expected.push_back(item);
            m->asks = false;
        }
    }

    void admit_first() { accept(waiting()->item); }
    void admit() {
        while (!closed_ && waiting() && may_put())
            admit_first();
    }

    /// Runs what can run, and compares.
    void settle() {
        ctx_.restart();
        ctx_.poll();
        std::size_t alive = 0;
        for (auto& m : members_) {
            alive += !m->cut;
            if (m->wait)
                m->asks = false;
            EXPECT_EQ(m->self.lag(), m->expected.size());
        }
        EXPECT_EQ(b_.subscriber_count(), alive);
        for (auto p = puts_.begin(); p != puts_.end();) {
            EXPECT_EQ(p->result.has_value(), accepted(*p) || p->cancelled || closed_) << p->item;
            if (!p->result) {
                ++p;
                continue;
            }
            EXPECT_EQ(*p->result == success, accepted(*p)) << p->item << *p->result;
            p = puts_.erase(p);
        }
    }

    std::mt19937 random_;
    asio::io_context ctx_;
    broadcast<int> b_{ctx_.get_executor()};
    std::vector<std::unique_ptr<member>> members_;
    std::vector<std::unique_ptr<member>> gone_;
    std::list<waiting_put> puts_;
    std::vector<int> accepted_;
    int next_ = 1;
    bool closed_ = false;
};

TEST(broadcast_model_test, random_schedules_do_what_queues_of_their_own_would_do) {
    for (unsigned seed = 0; seed != 10'000; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        schedule(seed).play();
        if (HasFailure())
            return;
    }
}

} // namespace
} // namespace streamx::testing
