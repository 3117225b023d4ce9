#!/usr/bin/env python3
"""Looks at our servers with the clients that people have: curl, openssl, node's ws, a browser.

    tests/clients/run.py TEST PROGRAM ROOM

ROOM is a directory for what a test writes; it is made anew. 77 says that a client is not there.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE = 30  # seconds for anything that should happen at once
SKIPPED = 77


def skip(why):
    print("SKIPPED:", why)
    sys.exit(SKIPPED)


def need(*names):
    for name in names:
        if path := shutil.which(name):
            return path
    skip(f"none of {', '.join(names)} is installed")


class Server:
    """A program of ours that prints its address first."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, f"no address in {line!r}"
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def run(*command, **options):
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=PATIENCE, **options
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def events(url, count, *more):
    """The first so many data fields and ids that curl gets of an event stream."""
    command = ["curl", "-sSN", "--max-time", str(PATIENCE), *more, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        data, last = [], ""
        for line in curl.stdout:
            if line.startswith("data: "):
                data.append(line[6:-1])
            elif line.startswith("id: "):
                last = line[4:-1]
            if len(data) == count and line == "\n":
                break
        curl.kill()
    return data, last


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def npm(room, package, version):
    """Node's modules with this package in it."""
    modules = room.parent / "node"
    if not (modules / "node_modules" / package).is_dir():
        npm = need("npm")
        modules.mkdir(exist_ok=True)
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(modules),
             f"{package}@{version}"],
            capture_output=True, text=True, timeout=120,
        )
        if done.returncode:
            skip(f"npm cannot install {package}: {done.stderr.strip()[-200:]}")
    return modules / "node_modules"


def node(room, script, *arguments, package, version):
    program = need("node", "nodejs")
    env = dict(os.environ, NODE_PATH=str(npm(room, package, version)))
    return run(program, HERE / script, *arguments, env=env)


def tail_to_browser(program, room):
    need("curl")
    log = room / "log"
    log.write_text("one\ntwo\n")
    with Server(program, log) as server:
        assert "EventSource" in run("curl", "-sS", server.url + "/")
        data, last = events(server.url + "/events", 2)
        assert data == ["one", "two"], data
        with log.open("a") as file:
            file.write("three\nnot compl")
        data, last = events(server.url + "/events", 1, "-H", f"Last-Event-ID: {last}")
        assert data == ["three"], data
        status = run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", server.url + "/no")
        assert status == "404", status


def http_upload(program, room):
    need("curl")
    lines = "".join(json.dumps({"n": n, "text": "x" * 200}) + "\n" for n in range(20_000))
    source, stored = room / "source", room / "stored"
    source.write_text(lines)
    with Server(program, stored) as server:
        took = time.monotonic()
        for more in ([], ["-H", "Transfer-Encoding: chunked"]):
            said = run("curl", "-sS", "-T", source, *more, server.url + "/")
            assert said == "20000 lines in 200 writes\n", said
            assert stored.read_text() == lines
        took = time.monotonic() - took
        assert took > 2 * 200 * 0.005, f"the client has not felt the disk: {took} s"
        # The connection goes on behind a body whose length nobody knew, either way round.
        said = run("curl", "-sS", "-w", "<%{num_connects}>", server.url, "-o", room / "first",
                   server.url, "-o", room / "second",
                   "--next", "-sS", "-w", "<%{num_connects}>", "-T", source, server.url + "/",
                   "--next", "-sS", "-w", "<%{num_connects}>", "-I", server.url + "/", "-o", room / "head")
        assert said == "<1><0>20000 lines in 200 writes\n<0><0>", said
        for copy in ("first", "second", "stored"):
            assert (room / copy).read_text() == lines, copy


def tls_echo(program, room):
    openssl = need("openssl")

    def certify():
        run(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", room / "key.pem", "-out", room / "certificate.pem")

    def client(*more, says="hello\nworld\n"):
        return subprocess.run(
            [openssl, "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost",
             "-verify_hostname", "localhost", "-verify_return_error", "-CAfile",
             str(room / "certificate.pem"), "-quiet", "-no_ign_eof", *more],
            input=says, capture_output=True, text=True, timeout=PATIENCE,
        )

    certify()
    with Server(program, room / "certificate.pem", room / "key.pem") as server:
        # s_client leaves at the end of its input: it is kept until the answer is there.
        command = [openssl, "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername",
                   "localhost", "-verify_hostname", "localhost", "-verify_return_error", "-CAfile",
                   str(room / "certificate.pem"), "-quiet"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as old:
            def echo(text):
                old.stdin.write(text + "\n")
                old.stdin.flush()
                answer = old.stdout.readline()
                assert answer == text + "\n", answer

            echo("hello")
            assert client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode != 0, "TLS 1.1"
            certify()
            assert client().returncode != 0, "the new certificate is in use before it was asked for"
            server.process.send_signal(signal.SIGHUP)
            until("the new certificate is in use", lambda: client().returncode == 0)
            echo("still here")
            old.kill()


def ws_chat(program, room):
    with Server(program) as server:
        print(node(room, "ws_chat.js", server.port, package="ws", version="8"))


def demo(program, room):
    need("curl")
    with Server(program, "--act", "3", "--for", "300") as server:
        ticks, _ = events(server.url + "/events", 3)
        numbers = [json.loads(t)["n"] for t in ticks]
        assert numbers == [*range(numbers[0], numbers[0] + 3)], numbers
        import socket
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as lines:
            tick = json.loads(lines.makefile().readline())
            assert {"cpu", "memory", "in", "out", "waited", "who"} <= tick.keys(), tick
        chromium = need("chromium", "chromium-browser")
        print(node(room, "demo.js", server.port, chromium,
                   package="playwright-core", version="1"))


def rsocket_page(program, room):
    chromium = need("chromium", "chromium-browser")
    for package, version in (("rsocket-core", "0.0.27"), ("rsocket-websocket-client", "0.0.27"), ("buffer", "6"),
                             ("esbuild", "0.28")):
        modules = npm(room, package, version)
    source = HERE.parent.parent / "examples" / "rsocket"
    shutil.copy(source / "page.html", room)
    run(modules / ".bin" / "esbuild", source / "page.js", "--bundle", "--define:global=window",
        f"--outfile={room}/page.bundle.js", env=dict(os.environ, NODE_PATH=str(modules)))
    with Server(program, "ws://127.0.0.1:0/") as server:
        print(node(room, "rsocket_page.js", server.port, chromium, room / "page.html",
                   package="playwright-core", version="1"))


def main():
    test, program, room = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    {f.__name__: f for f in (tail_to_browser, http_upload, tls_echo, ws_chat, demo, rsocket_page)}[test](program, room)


if __name__ == "__main__":
    main()
