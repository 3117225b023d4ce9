// Fact 6: an any_completion_handler cannot wait in a raw channel.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <utility>

using boost::system::error_code;
using channel = boost::asio::experimental::channel<void(error_code, int)>;
using handler = boost::asio::any_completion_handler<void(error_code, int)>;

void wait(channel& c, handler h) { c.async_receive(std::move(h)); }
