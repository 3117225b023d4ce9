// Fact 7: a raw channel that carries nothing but an error_code cannot be moved.
#include <boost/asio/experimental/channel.hpp>

#include <utility>

using channel = boost::asio::experimental::channel<void(boost::system::error_code)>;

channel move(channel& from) { return channel(std::move(from)); }
