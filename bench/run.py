#!/usr/bin/env python3
"""Measures this library beside its peers, both sides in turn, and writes bench/RESULTS.md.

    ./run bench [--quick] [--only <part of a figure's name>...] [--rounds <n>] [--no-instructions]
    python3 bench/run.py ...        the same, from anywhere

What is compared with what stands in FIGURES below. The peers outside this repository (tokio and
futures in Rust, hand-written limits in C++) are built when ../shared/peers is there; without it the
peers written on raw Asio still run. A partial run (--only) leaves the other rows of RESULTS.md alone.
"""
import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PEERS = ROOT.parent / "shared" / "peers"
RESULTS = ROOT / "bench" / "RESULTS.md"
RUST = BUILD / "peers" / "rust" / "target" / "release" / "peers"
CPP = BUILD / "peers" / "cpp"
PYTHON_SEED = BUILD / "peers" / "python_seed"  # a checkout of MasonFlint44/streamx, where somebody put one


# ------------------------------------------------------------------------------- what is measured


@dataclass
class Ours:
    """A bench of an executable in bench/."""
    exe: str
    name: str
    options: tuple = ()


@dataclass
class Cpp:
    """A bench of the C++ peers."""
    exe: str
    name: str
    options: tuple = ()


@dataclass
class Rust:
    """A bench of the Rust peers."""
    name: str


@dataclass
class Python:
    """The lockstep of the Python package, by bench/python_seed.py."""
    consumers: int


@dataclass
class Recorded:
    """What was measured once on this kind of machine, of a peer that is too dear to have here."""
    ns: float


@dataclass
class Peer:
    label: str
    bench: object
    at_least: float = None  # how many times faster than it we have to be; None: shown, not asked for
    strictly: bool = False  # faster, not as fast
    more_instructions: float = None  # at most so many more instructions an item than it
    times_instructions: float = None  # at most so many times its instructions


@dataclass
class Figure:
    name: str
    ours: object
    peers: list = field(default_factory=list)
    at_most_ns: float = None            # an absolute target
    at_most_instructions: float = None  # an item, counted by callgrind
    count: bool = False                 # count instructions: figures of one thread
    threads: bool = False               # two threads: the machine's mood matters, so more rounds
    spread: bool = False                # show between what the middle half of the rounds' ratios is
    items: tuple = (32_000, 128_000)    # between which instructions are counted


def local(capacity):
    return Ours("local_channel", f"local/streamx/cap{capacity}")


def raw_local(capacity):
    return Ours("local_channel", f"local/raw_try_first/cap{capacity}")


def cross(producers, capacity):
    return Ours("cross_thread", f"cross/streamx/p{producers}/cap{capacity}")


def raw_cross(producers, capacity):
    return Ours("cross_thread", f"cross/raw_try_first/p{producers}/cap{capacity}")


def python_seed(consumers):
    """The Python package where it is there, else what it took when it was."""
    return Python(consumers) if PYTHON_SEED.is_dir() else Recorded({1: 26_700, 4: 17_600, 16: 12_800}[consumers])


NPM_SERVER_NS = 1974  # the best of `streamx bench` against a Flowable of 16 bytes, 200 000 items

FIGURES = [
    Figure(
        "range, map, filter, fold",
        Ours("fused", "fused/streamx"),
        [Peer("the loop by hand", Ours("fused", "fused/loop"), at_least=1 / 1.05)],
        count=True, at_most_instructions=8,
    ),
    Figure(
        "local channel, one thread, capacity 64",
        local(64),
        [
            Peer("tokio mpsc", Rust("mpsc_same/tokio/cap=64"), at_least=8),
            Peer("raw channel, try first, all inlined", raw_local(64), at_least=2),
            Peer("raw channel, try first, used in two places", Cpp("b_channel_same_thread", "B/channel/any/deque/try_cb/cap64"), at_least=2),
            Peer("60 lines of Rust without atomics", Rust("mpsc_same/handwritten_local/cap=64"), at_least=1),
            Peer("bound: plain ring, a post a wake-up", Cpp("b_limit_ring", "B/limit/ring_item/nomutex/wake_half/cap64")),
        ],
        count=True, at_most_instructions=110,
    ),
    Figure(
        "local channel, one thread, capacity 1024",
        local(1024),
        [
            Peer("tokio mpsc", Rust("mpsc_same/tokio/cap=1024"), at_least=12),
            Peer("raw channel, try first, all inlined", raw_local(1024), at_least=3),
            Peer("raw channel, try first, used in two places", Cpp("b_channel_same_thread", "B/channel/any/deque/try_cb/cap1024"), at_least=3),
            Peer("60 lines of Rust without atomics", Rust("mpsc_same/handwritten_local/cap=1024"), at_least=1),
            Peer("bound: plain ring, a post a wake-up", Cpp("b_limit_ring", "B/limit/ring_item/nomutex/wake_half/cap1024")),
        ],
        count=True, at_most_instructions=90,
    ),
    Figure(
        "channel, two strands on two threads, capacity 64",
        cross(1, 64),
        [
            Peer("tokio mpsc across threads", Rust("mpsc_xthread/tokio/cap=64"), at_least=3),
            Peer("raw concurrent_channel, try first", raw_cross(1, 64), at_least=2.5),
            Peer("the same, used in two places", Cpp("c_channel_cross_thread", "C/1ctx/any/try_cb/p1/cap64"), at_least=2.5),
            Peer("bound: batched mailbox", Cpp("c_channel_cross_thread", "C/limit/asio_batched_mailbox/1ctx/p1/cap64")),
        ],
        threads=True,
    ),
    Figure(
        "channel, two strands on two threads, capacity 1024",
        cross(1, 1024),
        [
            Peer("tokio mpsc across threads", Rust("mpsc_xthread/tokio/cap=1024"), at_least=4),
            Peer("raw concurrent_channel, try first", raw_cross(1, 1024), at_least=2.5),
            Peer("the same, used in two places", Cpp("c_channel_cross_thread", "C/1ctx/any/try_cb/p1/cap1024"), at_least=2.5),
            Peer("bound: batched mailbox", Cpp("c_channel_cross_thread", "C/limit/asio_batched_mailbox/1ctx/p1/cap1024")),
        ],
        threads=True,
    ),
    Figure(
        "4 producers on strands, two threads, capacity 64",
        cross(4, 64),
        [
            Peer("raw concurrent_channel, try first", raw_cross(4, 64), at_least=2),
            Peer("tokio mpsc, 4 to 1", Rust("mpsc_mp/tokio_4to1/cap=64")),
        ],
        threads=True,
    ),
    Figure(
        "4 producers on strands, two threads, capacity 1024",
        cross(4, 1024),
        [
            Peer("raw concurrent_channel, try first", raw_cross(4, 1024), at_least=2),
            Peer("tokio mpsc, 4 to 1", Rust("mpsc_mp/tokio_4to1/cap=1024")),
        ],
        threads=True,
    ),
    Figure(
        "local channel, one thread, capacity 1",
        local(1),
        [
            Peer("tokio mpsc", Rust("mpsc_same/tokio/cap=1"), at_least=1.5),
            Peer("raw channel, try first", raw_local(1)),
        ],
        count=True,
    ),
    Figure(
        "channel, two strands on two threads, capacity 1",
        cross(1, 1),
        [
            Peer("raw concurrent_channel, try first", raw_cross(1, 1), at_least=1),
            Peer("tokio mpsc across threads", Rust("mpsc_xthread/tokio/cap=1")),
        ],
        threads=True,
    ),
    Figure(
        "co_await rx.next() of a ready item",
        Ours("await_ready", "await_ready/next/local"),
        [Peer("tokio mpsc, a send and a recv().await", Rust("mpsc_same/tokio/cap=1024"))],
        count=True, at_most_ns=30,
    ),
    Figure(
        "co_await rx.next() of a ready item, channel with a mutex",
        Ours("await_ready", "await_ready/next/with_mutex"),
        count=True, at_most_ns=30,
    ),
    Figure(
        "merge of 16 channels of capacity 16",
        Ours("merge", "merge16/streamx/cap16"),
        [
            Peer("futures select_all", Rust("merge/select_all16_mpsc/cap=16"), at_least=8),
            Peer("tokio StreamMap", Rust("merge/stream_map16_mpsc/cap=16"), at_least=4),
        ],
        count=True,
    ),
    Figure(
        "merge of 16 channels of capacity 64",
        Ours("merge", "merge16/streamx/cap64"),
        [
            Peer("futures select_all", Rust("merge/select_all16_mpsc/cap=64"), at_least=8),
            Peer("tokio StreamMap", Rust("merge/stream_map16_mpsc/cap=64"), at_least=4),
        ],
        count=True,
    ),
    Figure(
        "map_async, a function that completes without waiting",
        Ours("map_async", "map_async/ready/streamx"),
        [Peer("a coroutine loop, one co_await an item", Ours("map_async", "map_async/ready/coroutine_loop"), at_least=1 / 2)],
        count=True,
    ),
    Figure(
        "map_async_unordered(16), a function that posts once",
        Ours("map_async", "map_async/unordered16/streamx"),
        [
            Peer("co_spawn for each item, bounded by a channel", Ours("map_async", "map_async/unordered16/spawn_each"), at_least=1, strictly=True),
            Peer("16 coroutines that take turns, nothing behind them", Ours("map_async", "map_async/unordered16/spawn_workers")),
        ],
        count=True,
    ),
    Figure(
        "chunks(64) over a channel of capacity 64",
        Ours("chunks", "chunks/chunks64/cap64"),
        [
            Peer("the channel alone", Ours("chunks", "chunks/channel_alone/cap64"), at_least=1 / 1.2, strictly=True),
            Peer("tokio mpsc, ready_chunks(64)", Rust("chunks/ready64_mpsc/cap=64")),
        ],
        count=True,
    ),
    Figure(
        "chunks(64) over a channel of capacity 1024",
        Ours("chunks", "chunks/chunks64/cap1024"),
        [
            Peer("the channel alone", Ours("chunks", "chunks/channel_alone/cap1024"), at_least=1 / 1.2, strictly=True),
            Peer("tokio mpsc, ready_chunks(64)", Rust("chunks/ready64_mpsc/cap=1024")),
        ],
        count=True,
    ),
]

FIGURES += [
    Figure(
        f"operator {name}",
        Ours("operators", f"operators/{name}/streamx"),
        [Peer("the loop by hand", Ours("operators", f"operators/{name}/loop"), more_instructions=2)],
        count=True,
    )
    for name in (
        "map", "filter", "filter_map", "inspect", "enumerate", "scan", "take", "take_while", "drop", "drop_while",
        "stride", "distinct_until_changed", "start_with", "default_if_empty", "intersperse", "flat_map", "peekable",
        "zip",
    )
] + [
    Figure(
        "five operators in a chain",
        Ours("operators", "operators/chain/streamx"),
        [Peer("the loop by hand", Ours("operators", "operators/chain/loop"), at_least=1 / 1.1)],
        count=True,
    ),
    Figure(
        "distinct(1000)",
        Ours("operators", "operators/distinct/streamx"),
        [Peer("a loop over boost::unordered_set", Ours("operators", "operators/distinct/loop"), at_least=1 / 1.2)],
        count=True,
    ),
]

FIGURES += [
    Figure(
        f"broadcast, {how}, {consumers} consumer{'s' if consumers != 1 else ''}{by}",
        Ours("broadcast", f"broadcast/{ours}/{consumers}"),
        [Peer(label, Rust(f"broadcast/{theirs}_same/consumers={consumers}"), at_least=at_least)] +
        ([Peer("the Python package", python_seed(consumers), at_least=100)] if theirs == "lockstep" else []) +
        ([Peer("the least that a co_await of an awaitable takes", Ours("await_ready", "await_ready/least"))]
         if ours == "free_running" else []),
        count=True,
    )
    for how, ours, label, theirs, at_least in (
        ("free-running, capacity 1024", "free_running", "tokio broadcast", "free1024", 5),
        ("lockstep", "lockstep", "tokio, a permit from an mpsc(1) for each", "lockstep", 1.5),
    )
    for by, ours in ((", by a terminal", f"{ours}/terminal"), (", by next()", ours))
    for consumers in (1, 4, 16)
] + [
    Figure(
        f"broadcast, free-running, capacity 1024, {consumers} consumer{'s' if consumers != 1 else ''}, by next() of ready_chunks(64)",
        Ours("broadcast", f"broadcast/free_running/chunks/{consumers}"),
        [Peer("tokio broadcast", Rust(f"broadcast/free1024_same/consumers={consumers}"), at_least=1)],
        count=True,
    )
    for consumers in (1, 4, 16)
] + [
    Figure(
        "broadcast, a put and its taking beside 10 000 idle subscribers",
        Ours("broadcast", "broadcast/beside_10000_idle"),
        [Peer("beside 10", Ours("broadcast", "broadcast/beside_10_idle"), at_least=1 / 1.1, more_instructions=2)],
        count=True,
    ),
]


FIGURES += [
    Figure(
        "delay, 100 000 at once",
        Ours("timers", "timers/delays_at_once/100000"),
        [Peer("1000 at once (O(log n): 1.67 x)", Ours("timers", "timers/delays_at_once/1000"), times_instructions=5 / 3)],
        count=True, items=(100_000, 300_000),
    ),
]


def tcp(what, size):
    return Ours("tcp", f"tcp/{what}/{size}")


for size in (16, 64, 256, 1024, 16384):
    FIGURES += [
        Figure(
            f"length_prefixed over TCP, {size} bytes, owned",
            tcp("streamx/owned", size),
            [
                Peer("a coalescing writer by hand, views", Cpp("e_net_asio", f"E/asio_coalesced_aw/2proc/{size}B"), at_least=0.8),
                Peer("ZeroMQ", Cpp("e_net_zmq", f"E/zeromq_push_pull/2proc/{size}B"), at_least=4 if size <= 256 else 2),
                Peer("tokio's Framed, feed", Rust(f"tcp_frames/two_processes/feed/size={size}"), at_least=1),
                Peer("tokio's Framed, send_all", Rust(f"tcp_frames/two_processes/send_all/size={size}"), at_least=1),
                Peer("the same with std::string as the item", tcp("streamx/strings", size)),
            ],
            threads=True,
        ),
        Figure(
            f"length_prefixed over TCP, {size} bytes, views",
            tcp("streamx/views", size),
            [Peer("batches by hand", Cpp("e_net_asio", f"E/asio_batched_aw/2proc/{size}B"), at_least=0.6)],
            threads=True,
        ),
        Figure(
            f"length_prefixed over TCP, {size} bytes, a co_await an item",
            tcp("streamx/co_await", size),
            [Peer("raw Asio, an operation a message", tcp("raw/one_by_one", size), at_least=10)],
            threads=True,
        ),
    ]


def websocket(what, size):
    return Ours("websocket", f"websocket/{what}/{size}")


for size in (16, 64, 256, 1024, 16384):
    FIGURES += [
        Figure(
            f"WebSocket, {size} bytes, a message a frame",
            websocket("streamx/one", size),
            [Peer("raw Beast, auto_fragment(false)", websocket("beast/one", size), at_least=1)],
            threads=True,
        ),
        Figure(
            f"WebSocket, {size} bytes, several items a message",
            websocket("streamx/many", size),
            [
                Peer("raw Beast, auto_fragment(false), a message a frame", websocket("beast/one", size), at_least=20),
                Peer("raw Beast, batches by hand", Cpp("e_net_beast", f"E/beast_batch/2proc/{size}B")),
            ],
            threads=True,
        ),
    ]


def nats(what, who, size, servers):
    # With replicas a window lasts as long as most benches: only many of them are a steady flow.
    steady = ("--target-ms=400",) if servers > 1 and "publish" in what else ()
    return Ours("nats", f"nats/{what}/{who}/{size}/{servers}", steady)


for servers in (1, 3):
    where = "one node" if servers == 1 else "three nodes, three replicas"
    for what, theirs in (("publish", "js_PublishAsync"), ("pull", "natsSubscription_Fetch")):
        for size in (16, 256):
            FIGURES.append(Figure(
                f"JetStream {what}, {size} bytes, {where}",
                nats(what, "streamx", size, servers),
                [Peer(f"nats.c's own API, {theirs}", nats(what, "stock", size, servers), at_least=1)],
                threads=servers > 1, spread=servers > 1,
            ))
        FIGURES.append(Figure(
            f"JetStream {what}, items of 16 bytes, 2048 a message, {where}",
            nats(f"batched_{what}", "streamx", 16, servers),
            [Peer("an item a message", nats(what, "streamx", 16, servers), at_least=50)],
            threads=servers > 1, spread=servers > 1,
        ))


def rsocket(what, size):
    return Ours("rsocket", f"rsocket/{what}/{size}")


for size, of_coalescing in ((16, 0.3), (64, None), (256, 0.5), (1024, 0.8), (16384, 0.8)):
    FIGURES += [
        Figure(
            f"RSocket request-stream, {size} bytes",
            rsocket("stream", size),
            [
                Peer("a coalescing writer by hand, views", Cpp("e_net_asio", f"E/asio_coalesced_aw/2proc/{size}B"), at_least=of_coalescing),
                Peer("ZeroMQ", Cpp("e_net_zmq", f"E/zeromq_push_pull/2proc/{size}B"), at_least=2),
                Peer("tokio's Framed, feed", Rust(f"tcp_frames/two_processes/feed/size={size}"), at_least=1, strictly=True),
                Peer("tokio's Framed, send_all", Rust(f"tcp_frames/two_processes/send_all/size={size}"), at_least=1, strictly=True),
            ] + ([
                Peer("gRPC C++ 1.51, server streaming (recorded)", Recorded(1e9 / 273e3), at_least=20),
                Peer("npm rsocket-tcp-server 0.0.27 (recorded)", Recorded(NPM_SERVER_NS), at_least=20),
            ] if size == 16 else []),
            threads=True,
        ),
        Figure(
            f"RSocket request-stream, {size} bytes, window 256, a co_await an item",
            rsocket("stream_default", size),
            threads=True,
        ),
        Figure(
            f"RSocket, 100 streams on one connection, {size} bytes",
            rsocket("streams_100", size),
            [Peer("one stream", rsocket("stream", size), at_least=1 / 1.2)],
            threads=True,
        ),
        Figure(
            f"RSocket request-response, {size} bytes",
            rsocket("round_trip", size),
            [Peer("raw Asio, as many bytes there and back", rsocket("raw_round_trip", size), at_least=1 / 1.3)],
            threads=True,
        ),
    ]

# figure, what of our bench, which of its numbers, its unit, at most so much, the peer whose number is taken off
SAYS = [
    ("RSocket, 100 streams: the fastest to the slowest", "rsocket/streams_100/256", "fastest_to_slowest", "x", 2, None),
    ("RSocket, a broadcast to 1 000 connections: the server's processor, a delivery", "rsocket/fan_out/1000", "server_cpu_ns", "ns", None, None),
    ("RSocket, a broadcast to 1 000 connections: encodings of an item", "rsocket/fan_out/1000", "encodes_an_item", "", 1, None),
    ("RSocket, an idle connection beyond its socket's own", "rsocket/idle", "rss_bytes_per_item", "bytes", 4096, "rsocket/raw_idle"),
    ("SSE, a broadcast to 10 000 subscribers: the server's processor, a delivery", "connections/sse/10000", "server_cpu_ns", "ns", None, None),
    ("SSE, the same with ten events at once", "connections/sse_burst/10000", "server_cpu_ns", "ns", None, None),
    ("SSE, a broadcast to 10 000 subscribers: encodings of an event", "connections/sse/10000", "encodes_an_event", "", 1, None),
    ("SSE, a broadcast to 10 000 subscribers: the server's memory, a subscriber", "connections/sse/10000", "bytes_per_subscriber", "bytes", None, None),
    ("an idle session of lines beyond the same coroutine on raw Asio", "connections/idle", "rss_bytes_per_item", "bytes", 2048, "connections/raw_idle"),
    ("the same beyond one of callbacks, the least that can be", "connections/idle", "rss_bytes_per_item", "bytes", None, "connections/raw_callbacks"),
    ("the same after a line and its answer", "connections/idle_used", "rss_bytes_per_item", "bytes", 2048, "connections/raw_idle_used"),
]

# figure, ours, raw peer of the same kind, at most bytes of resident memory
MEMORY = [
    ("idle local channel, before its first item", "idle/streamx_local", "idle/raw", 400),
    ("idle channel with a mutex, before its first item", "idle/streamx", "idle/raw_concurrent", 400),
    ("idle subscriber of a broadcast, one of 100 000", "idle/subscriber", "idle/raw", 300),
    ("idle local channel and a coroutine that waits on it", "idle/streamx_local_with_coroutine", "idle/raw_with_coroutine", 1024),
    ("idle channel with a mutex and a coroutine that waits on it", "idle/streamx_with_coroutine", "idle/raw_concurrent_with_coroutine", 1024),
]

# figure, ours, what it prints, unit, peers with what they print, what it has to be: at most a number, below the
# peer's, or within a part of a number
PRINTED = [
    ("map_async_unordered(16), a function that posts once: allocations an item",
     Ours("map_async", "map_async/allocations/streamx"), "allocations_per_item", "",
     [("co_spawn for each item", Ours("map_async", "map_async/allocations/spawn_each"), "allocations_per_item")], 2),
    ("rate_limit(1 000 000), processor time an item",
     Ours("timers", "timers/rate_limit/1000000"), "cpu_ns_per_item", " ns", [], 100),
    ("rate_limit(1000), items a second in two seconds",
     Ours("timers", "timers/rate_limit/1000"), "rate_per_s", "/s",
     [("tokio_stream throttle(1 ms)", Rust("timers/tokio_stream_throttle"), "rate_per_s")], (1000, 0.01)),
    ("rate_limit(1000), p99 of how far an interval is from 1 ms",
     Ours("timers", "timers/rate_limit/1000"), "off_p99_us", " us",
     [("tokio interval", Rust("timers/interval_delay"), "jitter_p99_us"),
      ("tokio interval, burst", Rust("timers/interval_burst"), "jitter_p99_us")], "below"),
    ("interval(1 ms), p99 of how far an interval is from 1 ms",
     Ours("timers", "timers/interval/1ms"), "off_p99_us", " us",
     [("tokio interval", Rust("timers/interval_delay"), "jitter_p99_us"),
      ("tokio interval, burst", Rust("timers/interval_burst"), "jitter_p99_us")], "below"),
]

LOAD = os.getloadavg()[0]

# figure, ours, the file it is compared with, at most so many times its time and memory
COMPILE = [
    ("compiling one pipeline with the umbrella header", "streamx", "raw", "raw channel, narrow includes", 1.2),
    ("compiling ten operators", "ten_operators", "one_operator", "one operator", 1.3),
]
COMPILE_FLAGS = ["-std=c++20", "-O2", "-DBOOST_ASIO_NO_DEPRECATED", "-pthread", "-c"]


# --------------------------------------------------------------------------------------- building


class CannotBuild(Exception):
    pass


def call(command, cwd=ROOT):
    print("+", " ".join(str(c) for c in command), flush=True)
    r = subprocess.run([str(c) for c in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode != 0:
        print(r.stdout[-4000:])
        raise CannotBuild(f"{command[0]} failed")


def build_ours():
    call(["cmake", "--preset", "release", "-DSTREAMX_BUILD_BENCH=ON"])
    call(["cmake", "--build", "--preset", "release", "--target", "streamx_bench"])


def build_peers():
    """Builds what it can of the peers; a bench whose executable is missing is left out later."""
    if not PEERS.is_dir():
        print("no peers beside this repository: only those on raw Asio run")
        return
    targets = sorted({p.bench.exe for f in FIGURES for p in f.peers if isinstance(p.bench, Cpp)})
    try:
        call(["cmake", "-S", PEERS / "cpp", "-B", CPP, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"])
        call(["ninja", "-C", CPP, "-j1", *targets])
    except (OSError, CannotBuild) as e:
        print(f"the C++ peers do not build and are left out: {e}")
    crate = RUST.parents[2]
    try:
        if not RUST.exists():
            shutil.copytree(PEERS / "rust", crate, dirs_exist_ok=True, copy_function=shutil.copyfile,
                            ignore=shutil.ignore_patterns("target"))
        call(["cargo", "build", "--release", "--offline", "-j1"], cwd=crate)
    except (OSError, shutil.Error, CannotBuild) as e:
        print(f"the Rust peers do not build and are left out: {e}\n"
              "(Debian: librust-{tokio,tokio-stream,tokio-util,futures,bytes,libc}-dev and cargo)")


# -------------------------------------------------------------------------------------- measuring


def command_of(bench, reps=None, target_ms=None, items=None):
    """The command that runs a bench, or None where it was not built."""
    if isinstance(bench, Recorded):
        return None
    if isinstance(bench, Python):
        return [sys.executable, str(ROOT / "bench" / "python_seed.py"), str(PYTHON_SEED), "10000", str(bench.consumers)]
    if isinstance(bench, Rust):
        command = [RUST, bench.name]
        command += [str(items)] if items else []
        command += ["--reps", str(reps)] if reps else []
        command += ["--warm", "0"] if items else []
    else:
        folder = BUILD / "release" / "bench" if isinstance(bench, Ours) else CPP
        command = [folder / bench.exe, f"--exact={bench.name}"]
        command += [f"--items={items}"] if items else []
        command += [f"--reps={reps}"] if reps else []
        command += [f"--target-ms={target_ms}"] if target_ms else []
        command += bench.options  # a bench's own wish goes before the others'
        command += ["--unchecked"] if items and isinstance(bench, Ours) else []
    return [str(c) for c in command] if Path(command[0]).exists() else None


def numbers(line):
    return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)(?=\s|$)", line)}


def run_bench(command):
    """What the one line that a bench prints says, or None when it fails."""
    try:
        r = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        print(f"took more than 120 s: {' '.join(command[-2:])}")
        return None
    if r.returncode != 0 or "bench=" not in r.stdout:
        print(f"failed: {' '.join(command)}\n{r.stderr[-500:]}")
        return None
    return numbers(r.stdout)


def instructions(bench, between):
    """Instructions an item: the slope between two numbers of items, so that set-up does not count."""
    if isinstance(bench, Python):
        return None
    few, many = between
    counted = []
    for items in (few, many):
        command = command_of(bench, reps=1, items=items)
        if command is None:
            return None
        r = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                           capture_output=True, text=True)
        found = re.search(r"Collected : (\d+)", r.stderr)
        if r.returncode != 0 or not found:
            return None
        counted.append(int(found.group(1)))
    return (counted[1] - counted[0]) / (many - few)


def measure(figure, settings):
    """The rows of a figure: one for each peer that is there (or one without a peer)."""
    sides = [("ours", figure.ours)] + [(p.label, p.bench) for p in figure.peers]
    commands = {label: command_of(bench, settings.reps, settings.target_ms) for label, bench in sides}
    commands = {label: c for label, c in commands.items() if c}
    times = {label: [] for label in commands}
    for _ in range(settings.rounds * (2 if figure.threads else 1)):
        for label, command in commands.items():
            said = run_bench(command)
            if said:
                times[label].append(said["ns_per_item"])

    counts = {}
    if figure.count and settings.instructions:
        counts = {label: instructions(bench, figure.items) for label, bench in sides if label in commands}

    ours = statistics.median(times["ours"]) if times.get("ours") else None
    rows = []
    if figure.at_most_ns is not None or figure.at_most_instructions is not None or not figure.peers:
        wants, met = [], []
        if figure.at_most_ns is not None:
            wants.append(f"at most {figure.at_most_ns:g} ns")
            met.append(ours is not None and ours <= figure.at_most_ns)
        if figure.at_most_instructions is not None:
            wants.append(f"at most {figure.at_most_instructions:g} instructions")
            met.append(counts["ours"] <= figure.at_most_instructions if counts.get("ours") else None)
        rows.append({"ours": ns(ours), "count": counts.get("ours"), "peer": "", "theirs": "", "their_count": None,
                     "ratio": "", "target": ", ".join(wants), "met": all_met(met)})
    for p in figure.peers:
        if isinstance(p.bench, Recorded):
            times[p.label] = [p.bench.ns] * len(times.get("ours", []))
        if not times.get(p.label):
            continue
        pairs = zip(times[p.label], times.get("ours", []))
        ratios = [theirs / mine for theirs, mine in pairs]
        ratio = statistics.median(ratios) if ratios else None
        met = None
        if p.at_least is not None and ratio is not None:
            met = ratio > p.at_least if p.strictly else ratio >= p.at_least
        if p.more_instructions is not None and counts.get("ours") and counts.get(p.label):
            met = counts["ours"] <= counts[p.label] + p.more_instructions
        if p.times_instructions is not None and counts.get("ours") and counts.get(p.label):
            met = counts["ours"] <= counts[p.label] * p.times_instructions
        rows.append({"ours": ns(ours), "count": counts.get("ours"), "peer": p.label,
                     "theirs": ns(statistics.median(times[p.label])), "their_count": counts.get(p.label),
                     "ratio": times_faster(ratio) + (middle_half(ratios) if figure.spread else ""),
                     "target": target_of(p), "met": met})
    return rows


def ns(x):
    return "" if x is None else f"{x:.2f} ns" if x < 10 else f"{x:.1f} ns" if x < 100 else f"{x:.0f} ns"


def middle_half(ratios):
    if len(ratios) < 2:
        return ""
    lower, _, upper = statistics.quantiles(ratios, n=4)
    return f" (half of the rounds: {lower:.2f} to {upper:.2f})"


def times_faster(ratio):
    if ratio is None:
        return ""
    return f"{ratio:.2f} x faster" if ratio >= 1 else f"{1 / ratio:.2f} x its time"


def target_of(peer):
    if peer.more_instructions is not None:
        return f"at most {peer.more_instructions:g} instructions more"
    if peer.times_instructions is not None:
        return f"at most {peer.times_instructions:.2f} x its instructions"
    if peer.at_least is None:
        return ""
    if peer.at_least < 1:
        return f"{'under' if peer.strictly else 'at most'} {1 / peer.at_least:.2f} x its time"
    return "no slower" if peer.at_least == 1 else f"{peer.at_least:g} x faster"


def all_met(met):
    return None if not met or None in met else all(met)


def measure_said(ours, key, unit, at_most, without):
    """A number that a bench prints beside its time."""
    said = [run_bench(command_of(Ours(bench.split("/")[0], bench))) for bench in (ours, without) if bench]
    if None in said:
        return []
    value = said[0][key] - (said[1][key] if without else 0)
    return [{"ours": f"{value:.4g} {unit}".strip(), "count": None, "peer": "", "theirs": "", "their_count": None, "ratio": "",
             "target": "" if at_most is None else f"at most {at_most:g} {unit}".strip(),
             "met": None if at_most is None else value <= at_most}]


def measure_memory(name, ours, raw, at_most):
    said = {bench: run_bench(command_of(Ours("idle", bench))) for bench in (ours, raw)}
    if None in said.values():
        return []
    size = {bench: s["rss_bytes_per_item"] for bench, s in said.items()}
    heap = {bench: s["heap_bytes_per_item"] for bench, s in said.items()}
    show = lambda bench: f"{size[bench]:.0f} bytes (heap {heap[bench]:.0f})"
    return [{"ours": show(ours), "count": None, "peer": "raw channel", "theirs": show(raw), "their_count": None,
             "ratio": f"{size[ours] / size[raw]:.2f} x", "target": f"at most {at_most} bytes",
             "met": size[ours] <= at_most}]


def measure_printed(ours, what, unit, peers, wanted, rounds):
    """The rows of a figure that a bench prints beside its time, each the median of some rounds."""
    sides = [(ours, what)] + [(bench, theirs) for _, bench, theirs in peers]
    said = [[] for _ in sides]
    for _ in range(rounds):
        for (bench, key), values in zip(sides, said):
            command = command_of(bench, reps=1)
            found = run_bench(command) if command else None
            if found:
                values.append(found[key])
    if not said[0]:
        return []
    mine, *others = (statistics.median(values) if values else None for values in said)
    show = lambda x: f"{x:.4g}{unit}"
    row = {"ours": show(mine), "count": None, "peer": "", "theirs": "", "their_count": None, "ratio": "", "target": "",
           "met": None}
    if isinstance(wanted, tuple):
        number, part = wanted
        verdict = {"target": f"within {part:.0%} of {number}", "met": abs(mine - number) <= part * number}
    elif wanted == "below":
        verdict = {}
    else:
        verdict = {"target": f"at most {wanted}", "met": mine <= wanted}
    rows = [{**row, **verdict}] if verdict else []
    for (label, _, _), theirs in zip(peers, others):
        if theirs is not None:
            rows.append({**row, "peer": label, "theirs": show(theirs), "ratio": f"{mine / theirs:.2g} x",
                         **({"target": "below", "met": mine < theirs} if wanted == "below" else {})})
    return rows


def compile_once(source):
    """Seconds of wall clock, seconds of processor and MB at the peak."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["g++", *COMPILE_FLAGS, "-I", str(ROOT / "include"), str(source), "-o", f"{folder}/x.o"]
        began = time.monotonic()
        compiler = subprocess.Popen(command)
        _, status, used = os.wait4(compiler.pid, 0)
        compiler.returncode = os.waitstatus_to_exitcode(status)
        if compiler.returncode:
            return None
        return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure_compile(settings, ours, theirs_name, label, at_most):
    sources = [ROOT / "bench" / "compile" / f"{name}.cpp" for name in (ours, theirs_name)]
    runs = {s: [] for s in sources}
    for _ in range(max(3, settings.rounds // 2)):
        for source in sources:
            runs[source].append(compile_once(source))
            if runs[source][-1] is None:
                return []
    wall, cpu, peak = ([statistics.median(r[i] for r in runs[s]) for s in sources] for i in range(3))
    rows = []
    for (mine, theirs), unit, ratio in (
        (wall, "s", None),
        (cpu, "s of processor", cpu[0] / cpu[1]),
        (peak, "MB", peak[0] / peak[1]),
    ):
        rows.append({"ours": f"{mine:.4g} {unit}", "count": None, "peer": label,
                     "theirs": f"{theirs:.4g} {unit}", "their_count": None, "ratio": f"{mine / theirs:.2f} x",
                     "target": f"at most {at_most} x" if ratio else "",
                     "met": ratio <= at_most if ratio else None})
    return rows


# -------------------------------------------------------------------------------------- reporting


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0].strip()
    except OSError:
        return "not installed"


def machine():
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)) >> 20
    debian = Path("/etc/debian_version")
    system = f"Debian {debian.read_text().strip()}, " if debian.exists() else ""
    boost = re.search(r'BOOST_LIB_VERSION "(.*)"', Path("/usr/include/boost/version.hpp").read_text())
    return [
        f"- {os.cpu_count()} x {model.group(1) if model else platform.machine()}, {memory} GiB, "
        f"{system}Linux {platform.release()}",
        f"- {first_line('g++', '--version')}, `-O3 -DNDEBUG`, Boost {boost.group(1).replace('_', '.')}",
        f"- {first_line('rustc', '--version')} (peers: release, fat LTO)",
        f"- load of the machine when it began: {LOAD:.2f}" + (" (not quiet: compare ratios only)" if LOAD > 0.5 else ""),
    ]


HEAD = """# Results

Written by `./run bench`: do not edit. Each side ran in turn ({rounds} rounds; twice as many with two
threads) and a time is the median of its rounds; the ratio is the median of the rounds' ratios. Times
are of one item. Instructions are of one item too, counted by callgrind as the slope between two
numbers of items. Bytes are resident memory, those of the heap in brackets. Peers without a target are
there for comparison. The instructions of taking a ready item include those of sending it.

The raw channel is there twice: where it is the only one in its program the compiler inlines all of it,
as soon as its functions are called from two places (as in most servers) it does not.

The machine of the last run, which may be another one than that of rows with an earlier date:

{machine}

Of {all} targets {met} are met{missed}

| figure | ours | instructions | peer | theirs | instructions | ratio | target | met | date |
| --- | ---: | ---: | --- | ---: | ---: | ---: | --- | --- | --- |
"""


def cell(count):
    if isinstance(count, str):
        return count
    return "" if count is None else f"{count:.1f}" if count < 100 else f"{count:.0f}"


COLUMNS = ("ours", "count", "peer", "theirs", "their_count", "ratio", "target", "met", "date")
MET = {None: "", True: "yes", False: "**no**"}


def read_results():
    """The rows of the last runs as they stand in RESULTS.md, so that --only can leave them as they are."""
    if not RESULTS.exists():
        return {}
    verdicts = {shown: met for met, shown in MET.items()}
    results = {}
    table = RESULTS.read_text().rpartition("| --- |\n")[2]
    for line in table.splitlines():
        name, *cells = (c.strip() for c in line.strip("|").split(" | "))
        row = dict(zip(COLUMNS, cells, strict=True))
        results.setdefault(name, []).append({**row, "met": verdicts[row["met"]]})
    return results


def write(results, rounds):
    rows = [(name, row) for name, group in results.items() for row in group]
    judged = [(name, row) for name, row in rows if row["met"] is not None]
    missed = [f"{name}: {row['target']}" + (f" ({row['peer']})" if row["peer"] else "")
              for name, row in judged if not row["met"]]
    text = HEAD.format(
        rounds=rounds, machine="\n".join(machine()), all=len(judged), met=len(judged) - len(missed),
        missed="; not met:\n\n" + "\n".join(f"- {m}" for m in missed) if missed else ".")
    for name, row in rows:
        shown = {**row, "count": cell(row["count"]), "their_count": cell(row["their_count"]), "met": MET[row["met"]]}
        text += f"| {name} | {' | '.join(shown[c] for c in COLUMNS)} |\n"
    RESULTS.write_text(text)


def main():
    parser = argparse.ArgumentParser(description="Measures this library beside its peers.")
    parser.add_argument("--quick", action="store_true", help="3 short rounds: a look, not a result")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help="only figures whose name has one of these in it")
    parser.add_argument("--rounds", type=int, help="how often each side runs (7)")
    parser.add_argument("--no-instructions", dest="instructions", action="store_false", help="do not run valgrind")
    parser.add_argument("--no-build", action="store_true", help="run what was built before")
    settings = parser.parse_args()
    settings.rounds = settings.rounds or (3 if settings.quick else 7)
    settings.reps = 3 if settings.quick else 5
    settings.target_ms = 40 if settings.quick else 100
    if settings.instructions and not shutil.which("valgrind"):
        print("no valgrind: instructions are not counted")
        settings.instructions = False

    if not settings.no_build:
        build_ours()
        build_peers()

    old = read_results()
    today = datetime.date.today().isoformat()
    jobs = [(f.name, lambda f=f: measure(f, settings)) for f in FIGURES]
    jobs += [(m[0], lambda m=m: measure_said(*m[1:])) for m in SAYS]
    jobs += [(p[0], lambda p=p: measure_printed(*p[1:], min(3, settings.rounds))) for p in PRINTED]
    jobs += [(m[0], lambda m=m: measure_memory(*m)) for m in MEMORY]
    jobs += [(c[0], lambda c=c: measure_compile(settings, *c[1:])) for c in COMPILE]
    results = {name: old[name] for name, _ in jobs if name in old}
    for name, job in jobs:
        if not any(text.lower() in name.lower() for text in settings.only):
            continue
        results[name] = [{**row, "date": today} for row in job()]
        for row in results[name]:
            verdict = {None: "", True: "met", False: "NOT met"}[row["met"]]
            print(f"{name}: {row['ours']} {cell(row['count'])} | {row['peer']} {row['theirs']} "
                  f"{cell(row['their_count'])} | {row['ratio']} | {row['target']} {verdict}", flush=True)
        # At once, so that a run that is stopped loses nothing; in the order of the jobs, with those that are new.
        write({name: results[name] for name, _ in jobs if name in results}, settings.rounds)
    print("written: bench/RESULTS.md")


if __name__ == "__main__":
    try:
        main()
    except CannotBuild as e:
        sys.exit(f"bench/run.py: {e}")
