#!/usr/bin/env python3
"""Two programs and a NATS server that is started for them, on a port of its own, and what happens when
they are killed. ./run nats-demo runs it, and the tests do.

    demo.py <ingest> <scale_out> [--lines <n>] [--jobs <n>]
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
SERVER = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
LIVE = sys.stdout.isatty()
WIDTH = 30


def say(text=""):
    print(text, flush=True)


def bar(done, total):
    full = WIDTH * done // total if total else 0
    return "[" + "#" * full + "." * (WIDTH - full) + f"] {done:>8,}"


class Server:
    """A nats-server with JetStream in a directory of its own, on a free port."""

    def __init__(self, room):
        self.process = subprocess.Popen(
            [SERVER, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", room / "store",
             "--ports_file_dir", room, "-l", room / "server.log"])
        ports = room / f"nats-server_{self.process.pid}.ports"
        until = time.monotonic() + 30
        while True:
            try:
                self.url = json.loads(ports.read_text())["nats"][0]
                return
            except (OSError, ValueError, KeyError):
                if self.process.poll() is not None or time.monotonic() > until:
                    sys.exit((room / "server.log").read_text())
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Program:
    """A program that prints lines, of which the last that begins with a word says how far it is."""

    def __init__(self, *command, word=None):
        self.command, self.word, self.at, self.kills = [str(c) for c in command], word, 0, 0
        self.lines = []
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.rest = ""
        os.set_blocking(self.process.stdout.fileno(), False)

    def look(self):
        """Takes what it has printed. False when it has ended."""
        ended = self.process.poll() is not None
        while True:
            try:
                more = self.process.stdout.read()
            except (BlockingIOError, TypeError):
                more = None
            if not more:
                break
            *whole, self.rest = (self.rest + more).split("\n")
            for line in whole:
                self.lines.append(line)
                if self.word and line.startswith(self.word + " "):
                    self.at = int(line.split()[1])
        return not ended

    def kill(self):
        """With -9, as a machine that goes does; not when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.kills += 1
            self.look()
            return True
        return False


def same(a, b):
    digest = [hashlib.sha256(Path(p).read_bytes()).hexdigest() for p in (a, b)]
    return digest[0] == digest[1]


def ingest(program, server, room, total):
    say(f"ingest: {total:,} lines of a file -> JetStream -> a file, by two processes.")
    say("Each is killed with -9 three times on its way, and started again.")
    say()
    source, target = room / "source.txt", room / "target.txt"
    with source.open("w") as f:
        for i in range(total):
            f.write(f"line {i} {'x' * random.randrange(60)}\n")

    producer = Program(program, "produce", server.url, source, word="stored")
    consumer = Program(program, "consume", server.url, target, total, word="written")
    plan = {p: [total * n // 4 for n in (1, 2, 3)] for p in (producer, consumer)}
    names = {producer: "producer", consumer: "consumer"}
    deadline = time.monotonic() + 120
    while True:
        running = [p.look() for p in (producer, consumer)]
        if LIVE:
            print("\r  stored " + bar(producer.at, total) + "   written " + bar(consumer.at, total),
                  end="", flush=True)
        for p in (producer, consumer):
            if plan[p] and p.at >= plan[p][0]:
                plan[p].pop(0)
                if p.kill():
                    if LIVE:
                        print("\r" + " " * 100 + "\r", end="")
                    say(f"  {names[p]} killed at {p.at:,}")
                    p.start()
        if not any(running):
            break
        if time.monotonic() > deadline:
            sys.exit("ingest: takes too long")
        time.sleep(0.002)
    for p in (producer, consumer):
        p.look()
        if p.process.returncode != 0:
            sys.exit(f"{names[p]}: exit code {p.process.returncode}")
    if LIVE:
        print("\r" + " " * 100 + "\r", end="")
    say("  stored " + bar(producer.at, total) + "   written " + bar(consumer.at, total))
    if not same(source, target):
        sys.exit("  the files differ")
    say(f"  {producer.kills} + {consumer.kills} kills, and the two files are the same: "
        "nothing lost, nothing twice, in order")
    return producer.kills and consumer.kills


def scale_out(program, server, jobs, workers=4):
    say()
    say(f"scale_out: one stream of {jobs:,} jobs, {workers} workers; one is killed, one comes late.")
    say()
    subprocess.run([program, "fill", server.url, str(jobs)], check=True)
    team = [Program(program, "work", server.url) for _ in range(workers - 1)]
    killed = False
    deadline = time.monotonic() + 120
    while True:
        running = [w.look() for w in team]
        done = sum(len(w.lines) for w in team)
        if done >= jobs // 3 and not killed:
            killed = team[0].kill()
            say(f"  worker 1 killed after {len(team[0].lines):,}")
            team.append(Program(program, "work", server.url))
            continue
        if not any(running):
            break
        if time.monotonic() > deadline:
            sys.exit("scale_out: takes too long")
        time.sleep(0.01)
    finished = {}
    for n, worker in enumerate(team, 1):
        worker.look()
        say(f"  worker {n} {bar(len(worker.lines), jobs)}" + ("   killed" if worker.kills else ""))
        for line in worker.lines:
            finished[line] = finished.get(line, 0) + 1
        if worker.process.returncode != 0 and not worker.kills:
            sys.exit(f"worker {n}: exit code {worker.process.returncode}")
    twice = sum(1 for times in finished.values() if times > 1)
    if len(finished) != jobs or any(f"done job {i}" not in finished for i in range(jobs)):
        sys.exit(f"  {jobs - len(finished)} jobs were not done")
    say(f"  all {jobs:,} were done, {twice} of them twice (what worker 1 had done and not acknowledged)")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("ingest")
    options.add_argument("scale_out")
    options.add_argument("--lines", type=int, default=300_000)
    options.add_argument("--jobs", type=int, default=12_000)
    options = options.parse_args()
    if not SERVER:
        say("no nats-server is installed: Debian's package is nats-server")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        server = Server(room)
        say(f"nats-server runs at {server.url}, with its data in {room}")
        say()
        try:
            if not ingest(options.ingest, server, room, options.lines):
                sys.exit("ingest: one was through before it could be killed")
            scale_out(options.scale_out, server, options.jobs)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
