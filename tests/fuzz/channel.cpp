// Whatever is done to a channel on one strand, in whatever order: what was accepted is received,
// once and in order; what was not accepted is not; and every operation completes.

#include <streamx/channels/channel.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace asio = boost::asio;

namespace {

void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

class run {
public:
    run(std::size_t capacity, streamx::overflow policy)
        : policy_(policy), ends_(streamx::make_channel<int>(
                               ctx_.get_executor(), {.capacity = capacity, .overflow = policy})) {}

    void step(std::uint8_t what, std::uint8_t how) {
        switch (what % 10) {
        case 0:
            if (int item = next_++; ends_.tx.try_send(item))
                accepted_.push_back(item);
            break;
        case 1:
            send();
            break;
        case 2:
            receive();
            break;
        case 3:
            pull();
            break;
        case 4:
            cancel(sends_, how);
            break;
        case 5:
            cancel(pulls_, how);
            break;
        case 6:
            ctx_.restart();
            ctx_.poll_one();
            break;
        case 7:
            poll();
            break;
        case 8:
            ends_.rx.set_capacity(
                policy_ == streamx::overflow::drop_oldest ? 1 + how % 5 : how % 6);
            break;
        case 9:
            if (how % 8 == 0) // seldom: not much goes on after it
                ends_.tx.close();
            break;
        }
    }

    void finish() {
        poll();
        ends_.tx.close();
        for (;;) {
            poll();
            auto item = ends_.rx.try_next();
            if (!item)
                break;
            note(*item);
        }
        require(open_ == 0, "every operation completes once the channel is closed");
        if (policy_ == streamx::overflow::wait || policy_ == streamx::overflow::fail)
            require(received_.size() == accepted_count(), "what was accepted is received");
    }

private:
    using signals = std::vector<std::shared_ptr<asio::cancellation_signal>>;

    void send() {
        const int item = next_++;
        auto stop = std::make_shared<asio::cancellation_signal>();
        sends_.push_back(stop);
        ++open_;
        ends_.tx.async_send(
            item, asio::bind_cancellation_slot(stop->slot(), [this, item, stop](auto ec) {
                --open_;
                if (!ec)
                    accepted_.push_back(item);
                else
                    refused_.push_back(item);
            }));
    }

    void receive() {
        if (pulling_)
            return;
        if (auto item = ends_.rx.try_next())
            note(*item);
    }

    void pull() {
        if (pulling_)
            return;
        pulling_ = true;
        auto stop = std::make_shared<asio::cancellation_signal>();
        pulls_.push_back(stop);
        ++open_;
        ends_.rx.async_next(asio::bind_cancellation_slot(
            stop->slot(), [this, stop](std::exception_ptr, std::optional<int> item) {
                --open_;
                pulling_ = false;
                if (item)
                    note(*item);
            }));
    }

    void note(int item) {
        require(received_.empty() || received_.back() < item, "items come in order, and once");
        received_.push_back(item);
    }

    static void cancel(const signals& some, std::uint8_t which) {
        if (!some.empty())
            some[which % some.size()]->emit(asio::cancellation_type::total);
    }

    void poll() {
        ctx_.restart();
        ctx_.poll();
    }

    std::size_t accepted_count() const {
        for (int item : received_)
            for (int no : refused_)
                require(item != no, "what was refused is not received");
        return accepted_.size();
    }

    asio::io_context ctx_;
    streamx::overflow policy_;
    streamx::channel_ends<int, std::mutex> ends_;
    signals sends_;
    signals pulls_;
    std::vector<int> accepted_;
    std::vector<int> refused_;
    std::vector<int> received_;
    int next_ = 0;
    int open_ = 0;
    bool pulling_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using enum streamx::overflow;
    constexpr streamx::overflow policies[] = {wait, wait, wait, drop_oldest, drop_newest, fail};
    if (size < 1)
        return 0;
    const auto policy = policies[data[0] / 6 % 6];
    const std::size_t capacity = data[0] % 6;
    if (capacity == 0 && policy == drop_oldest)
        return 0; // refused: there is no oldest
    run r(capacity, policy);
    for (std::size_t i = 1; i + 1 < size; i += 2)
        r.step(data[i], data[i + 1]);
    r.finish();
    return 0;
}
