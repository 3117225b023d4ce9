#!/usr/bin/env python3
"""The tool talking to itself over TCP and a Unix socket: test.py <streamx>"""
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile

TOOL = sys.argv[1]


def start(*args):
    """A server or relay, and the URL that it says it listens at."""
    child = subprocess.Popen([TOOL, *args], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
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


def make_certificate(directory):
    """A file with a certificate of localhost and its key, signed by itself."""
    file = os.path.join(directory, "localhost.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
         "-keyout", file, "-out", file + ".cert"], check=True, capture_output=True)
    with open(file, "a") as out, open(file + ".cert") as certificate:
        out.write(certificate.read())
    return file


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
    code, _, err = run("sub", at, "n")  # nobody listens there any more
    assert (code, err) == (3, "streamx: Connection refused\n"), (code, err)
    for source in ("counter:5", "count:x", "count:-1", "file:/nobody/has/this"):
        code, out, err = run("serve", "tcp://127.0.0.1:0", "--route", f"n={source}")
        assert code == 2 and source.split(":")[1] in err and err.count("\n") == 1, (code, err)
    for url in ("http://x", "tcp://x", "ws://:x", "unix://relative"):
        code, out, err = run("sub", url, "n")
        assert (code, out) == (2, "") and "URL" in err and err.count("\n") == 1, (code, err)
    assert run("serve", "tls://127.0.0.1:0", "--route", "n=count:3")[0] == 1  # it has no certificate
    assert run("sub")[0] == 2
    assert run("sub", at, "n", "--ca", "/nobody/has/this")[0] == 2  # and not 3: nobody was called


with tempfile.TemporaryDirectory() as scratch:
    main(scratch)
