// A file goes into a JetStream stream line by line, and another process writes it to a file again.
// Kill either with -9 wherever you like and start it again: it goes on where it was, and the second
// file comes out like the first.
//
//   ingest produce <url> <file>
//   ingest consume <url> <file> <lines>
//
// Nobody keeps a checkpoint beside the data, as the data are the checkpoint: the stream says how many
// lines it has, and so does the file. Line n is message n.

#include "program.hpp"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

const nats::stream_config lines_stream{.name = "LINES", .subjects = {"lines"}};

asio::awaitable<std::uint64_t> lines_stored(const nats::connection& c) {
    const auto info = co_await c.async_request("$JS.API.STREAM.INFO.LINES", "", 5s, use_awaitable);
    const std::string key = "\"last_seq\":";
    const auto at = info.find(key);
    std::uint64_t last = 0;
    if (at == std::string::npos ||
        std::from_chars(info.data() + at + key.size(), info.data() + info.size(), last).ec !=
            std::errc())
        throw std::runtime_error("the server does not say how many lines it has");
    co_return last;
}

// [produce]
asio::awaitable<void> produce(std::string url, std::string path) {
    const auto c = co_await connect(std::move(url), lines_stream);
    const auto stored = co_await lines_stored(c);
    std::cout << "stored " << stored << std::endl;

    nats::sink_options options;
    options.subject = "lines";
    options.order = nats::publish_order::ordered; // or a fault could let lines pass each other
    options.id_prefix = path; // by its id the server knows a line that comes again
    options.first_id = stored + 1;
    if (stored != 0)
        options.expected_last_id = path + ':' + std::to_string(stored);
    nats::jetstream_sink<> sink(c, std::move(options));

    std::ifstream file(path);
    if (!file)
        throw std::runtime_error("cannot read " + path);
    auto lines =
        streamx::unfold(
            std::uint64_t(0),
            [&file](std::uint64_t&) {
                std::string line;
                return std::getline(file, line) ? std::optional(std::move(line)) : std::nullopt;
            }) |
        streamx::on(c.get_executor()) | streamx::drop(stored) | streamx::enumerate() |
        streamx::map([&](auto numbered) {
            if (numbered.first % 1000 == 999)
                std::cout << "stored " << sink.stats().last_sequence << std::endl;
            return std::move(numbered.second);
        });
    co_await streamx::forward_to(std::move(lines), sink, use_awaitable);
    co_await sink.async_flush(use_awaitable); // now they are stored
    std::cout << "stored " << co_await lines_stored(c) << std::endl;
}
// [/produce]

// [consume]
/// How many whole lines a file has. Half a line, of a write that was cut off, is cut off there.
std::uint64_t lines_written(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::uint64_t lines = 0, whole = 0;
    for (std::string line; std::getline(file, line) && !file.eof(); ++lines)
        whole += line.size() + 1;
    if (std::filesystem::exists(path))
        std::filesystem::resize_file(path, whole);
    return lines;
}

asio::awaitable<void> consume(std::string url, std::string path, std::uint64_t total) {
    const auto written = lines_written(path);
    std::cout << "written " << written << std::endl;
    if (written >= total)
        co_return;
    const auto c = co_await connect(std::move(url), lines_stream);

    nats::source_options options; // without a durable name: each message once, in order
    options.stream = lines_stream.name;
    options.deliver_from = nats::deliver_from::sequence(written + 1);
    auto chunks = nats::jetstream_source<>(c, std::move(options)) | streamx::take(total - written) |
                  streamx::chunks_timeout(500, 20ms);

    std::ofstream file(path, std::ios::binary | std::ios::app);
    auto so_far = written;
    co_await streamx::async_for_each(
        std::move(chunks),
        [&](const std::vector<std::string>& lines) {
            std::string text;
            for (const auto& line : lines)
                text += line + '\n';
            if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush())
                throw std::runtime_error("cannot write " + path);
            std::cout << "written " << (so_far += lines.size()) << std::endl;
        },
        use_awaitable);
}
// [/consume]

int main(int argc, char** argv) {
    const command producer{
        "produce <url> <file>", [](const arguments& words) { return produce(words[1], words[2]); }};
    const command consumer{"consume <url> <file> <lines>", [](const arguments& words) {
                               return consume(words[1], words[2], std::stoull(words[3]));
                           }};
    return run_program("ingest", argc, argv, {producer, consumer});
}
