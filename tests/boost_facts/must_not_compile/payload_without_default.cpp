// Fact 7: the items of a raw channel have to be default constructible.
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>

using boost::system::error_code;

struct item {
    explicit item(int);
};

void make(boost::asio::io_context& ctx) {
    boost::asio::experimental::channel<void(error_code, item)> c(ctx, 1);
}
