#!/usr/bin/env python3
"""The tool talking to itself over TCP and a Unix socket: test.py <streamx>"""
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from certificate import make_certificate

TOOL = sys.argv[1]


def start(*args, **options):
    """A server or relay, and the URL that it says it listens at."""
    child = subprocess.Popen([TOOL, *args], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    line = child.stderr.readline()
    assert " on " in line or " to " in line, line
    return child, line.split()[-1]


def run_plain(*args, given=""):
    done = subprocess.run([TOOL, *args], input=given, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def stop(child):
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 0, child.returncode
    child.stdin.close()
    child.stderr.close()


def measure(run):
    """`bench`, to people and to programs, and SIGINT in the middle of it."""
    server, at = start("serve", "tcp://127.0.0.1:0", "--route", "bench=count:1000000000", "--route", "echo=echo")
    code, out, err = run("bench", at, "--messages", "20000")
    assert code == 0 and re.fullmatch(
        r"20000 messages, \d+ a second; round trip: p50 [\d.]+ us, p99 [\d.]+ us, max [\d.]+ us\n", out), (code, out, err)
    assert err == ""  # no progress bar where nobody looks
    code, out, _ = run("bench", at, "--messages", "20000", "--json", "--size", "100")
    said = json.loads(out)
    assert code == 0 and said["messages"] == 20000 and said["p50_us"] <= said["p99_us"] <= said["max_us"], out
    terminal, other = pty.openpty()
    child = subprocess.Popen([TOOL, "bench", at, "--messages", "2000000"], stderr=other, stdout=subprocess.PIPE)
    os.close(other)
    shown = b""
    while b"[=" not in shown:
        shown += os.read(terminal, 1000)
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 0
    os.close(terminal)
    child.stdout.close()
    stop(server)


def lines(n):
    return "".join(f"{i}\n" for i in range(1, n + 1))


def says(code, what, *args, given=""):
    """The command fails with this code, and a line that says this."""
    got, out, err = run_plain(*args, given=given)
    assert (got, out) == (code, "") and err.startswith("streamx: ") and err.count("\n") == 1, (args, got, out, err)
    assert what in err, (args, what, err)


def wrong_command_lines(at):
    assert re.fullmatch(r"streamx \d+\.\d+\.\d+\n", run_plain("--version")[1])
    code, out, err = run_plain("serve", "--help")
    assert code == 0 and "NAME=SOURCE" in out and err == "", (code, out, err)
    says(2, "subcommand")
    says(2, "no command subb", "subb", at, "n")
    says(2, "URL", "sub")
    says(2, "--take", "sub", at, "n", "--take", "x")
    says(2, "--request", "sub", at, "n", "--request", "0")
    says(2, "/nobody/has/this", "sub", at, "n", "--ca", "/nobody/has/this")  # and not 3: nobody was called
    says(2, "--token", "serve", "tcp://127.0.0.1:0", "--route", "n=count:3", "--token", "")  # and not everybody's
    for source in ("counter:5", "count:x", "count:-1", f"count:{2**64 - 1}", "ticks:0", "file:/nobody/has/this",
                   "file:/tmp", "tail:/nobody/has/this"):
        says(2, source.split(":")[1], "serve", "tcp://127.0.0.1:0", "--route", f"n={source}")
    for url in ("http://x", "tcp://x", "tcp://x:65536", "ws://:x", "unix://relative"):
        says(2, url, "sub", url, "n")
        says(2, url, "serve", url, "--route", "n=count:3")


def what_cannot_be_listened_at(certificate):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        says(1, f"cannot listen at {url}: Address already in use", "serve", url, "--route", "n=count:3")
    says(1, "unix:///nobody/has/this: No such file", "serve", "unix:///nobody/has/this", "--route", "n=count:3")
    says(3, "unix:///nobody/has/this: No such file", "sub", "unix:///nobody/has/this", "n")
    says(3, "//no.such.host.invalid:1: Host", "sub", "tcp://no.such.host.invalid:1", "n")
    for url in ("tls://127.0.0.1:0", "wss://127.0.0.1:0/"):
        says(2, f"{url} needs a certificate: --cert", "serve", url, "--route", "n=count:3")
    # a route takes no URL for another one
    server, at = start("serve", "--route", "e=echo", "tls://127.0.0.1:0", "--cert", certificate)
    says(1, "certificate is for another host", "sub", at, "n", "--ca", certificate)
    says(1, "signed by nobody who is trusted", "sub", at, "n")
    stop(server)


def output_and_input():
    server, at = start("serve", "tcp://127.0.0.1:0", "--route", "n=count:1000000000", "--route", "echo=echo",
                       "--route", "bench=count:1000")
    with open("/dev/full", "w") as full:  # which is not the same as a reader who has had enough
        for command in (("sub", at, "n"), ("request", at, "echo", "x"), ("bench", at, "--messages", "10")):
            done = subprocess.run([TOOL, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
            assert done.returncode == 1 and "No space left" in done.stderr, (command, done)
    # SIGINT also while nobody takes the output
    child = subprocess.Popen([TOOL, "sub", at, "n"], stdout=subprocess.PIPE)
    child.stdout.read(1)
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 0
    child.stdout.close()
    # JSON, whatever the bytes
    done = subprocess.run([TOOL, "pub", at, "echo", "--channel", "--json"],
                          input=b'\xff\xc3\xa9\xed\xa0\x80"\t\xf0\x9f\x98\x80\n',
                          capture_output=True, timeout=20)
    assert json.loads(done.stdout.decode())["data"] == '\ufffd\u00e9\ufffd\ufffd\ufffd"\t\U0001f600', done.stdout
    # stdin and stdout the same: a terminal, which stays a blocking one, or a socket, which is full at times
    terminal, other = pty.openpty()
    child = subprocess.Popen([TOOL, "pub", at, "echo", "--channel"], stdin=other, stdout=other)
    os.write(terminal, b"hello\n")
    shown = b""
    while shown.count(b"hello") != 2:  # what was typed, and what came back
        shown += os.read(terminal, 1000)
    assert os.get_blocking(other)
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 0
    os.close(terminal)
    os.close(other)
    ours, its = socket.socketpair()
    child = subprocess.Popen([TOOL, "pub", at, "echo", "--channel"], stdin=its, stdout=its)
    its.close()
    sent = lines(50_000).encode()
    writer = threading.Thread(target=lambda: (ours.sendall(sent), ours.shutdown(socket.SHUT_WR)))
    writer.start()
    got = b""
    while part := ours.recv(1 << 16):
        got += part
    writer.join()
    assert got == sent and child.wait(10) == 0
    ours.close()
    stop(server)
    # where messages go that nobody can see any more
    full = "streamx: cannot write the output: No space left on device\n"
    for out, code, said in ((None, 0, ""), ("/dev/full", 1, full)):
        reader, writer = os.pipe()
        os.close(reader)
        with open(out or writer, "w") as gone:
            server, at = start("serve", "tcp://127.0.0.1:0", "--route", "log=sink", stdout=gone)
            assert run_plain("pub", at, "log", given="a\nb\n") == (0, "", "")
            assert (server.wait(10), server.stderr.read()) == (code, said)


def main(directory):
    file = os.path.join(directory, "lines")
    with open(file, "w") as out:
        out.write("one\ntwo\n")
    routes = ["--route", "n=count:5000", "--route", f"f=file:{file}", "--route", "e=echo",
              "--route", "s=stdin", "--route", "t=ticks:5"]
    certificate = make_certificate(directory)
    for url in ("tcp://127.0.0.1:0", f"unix://{directory}/socket", "ws://127.0.0.1:0/", "tls://localhost:0",
                "wss://localhost:0/"):
        secure = url.startswith(("tls", "wss"))
        shown = ("--cert", certificate) if secure else ()
        trust = ("--ca", certificate) if secure else ()
        server, at = start("serve", url, *routes, *shown)

        def run(*args, given=""):
            return run_plain(args[0], *args[1:], *trust, given=given)

        assert run("sub", at, "n") == (0, lines(5000), "")
        assert run("sub", at, "n", "--take", "3", "--request", "1") == (0, lines(3), "")
        assert run("sub", at, "f", "--json") == (0, '{"data":"one"}\n{"data":"two"}\n', "")
        assert run("sub", at, "t", "--take", "3")[1] == "0\n1\n2\n"
        assert run("request", at, "e", "hello") == (0, "hello\n", "")
        assert run("pub", at, "e", "--channel", given="a\nb\n") == (0, "a\nb\n", "")
        code, out, err = run("request", at, "nowhere", "x")
        assert (code, out) == (4, "") and "no route" in err, (code, err)
        if secure:
            code, _, err = run_plain("sub", at, "n")
            assert code == 1 and err.count("\n") == 1, (code, err)  # nobody whom this system trusts
            assert run_plain("request", at, "e", "x", "--insecure") == (0, "x\n", "")
        relay, second = start("relay", at, "tcp://127.0.0.1:0", *trust)
        assert run_plain("sub", second, "n") == (0, lines(5000), "")
        assert run_plain("sub", second, "t", "--take", "2")[1] == "0\n1\n"
        assert run_plain("request", second, "e", "far") == (0, "far\n", "")
        assert run_plain("pub", second, "e", "--channel", given="a\nb\n") == (0, "a\nb\n", "")
        stop(relay)
        # stdin waits for the first subscriber, and loses nothing
        server.stdin.write("x\ny\n")
        server.stdin.flush()
        assert run("sub", at, "s", "--take", "2") == (0, "x\ny\n", "")
        stop(server)

    run = run_plain
    measure(run)
    server, at = start("serve", "tcp://127.0.0.1:0", "--token", "secret", "--route", "n=count:3")
    assert run("sub", at, "n", "--token", "secret") == (0, lines(3), "")
    code, out, err = run("sub", at, "n", "--token", "guess")
    assert (code, out) == (4, "") and "secret" not in err, err
    reader = subprocess.Popen([TOOL, "sub", at, "n", "--token", "secret"], stdout=subprocess.PIPE)
    reader.stdout.close()  # nobody reads: it ends, without a word
    assert reader.wait(10) == 0
    stop(server)
    says(3, f"cannot connect to {at}: Connection refused", "sub", at, "n")  # nobody listens there any more
    wrong_command_lines(at)
    what_cannot_be_listened_at(certificate)
    output_and_input()


with tempfile.TemporaryDirectory() as scratch:
    main(scratch)
