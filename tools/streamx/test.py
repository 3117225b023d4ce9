#!/usr/bin/env python3
"""The tool talking to itself over TCP and a Unix socket: test.py <streamx>"""
import os
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


def run(*args, given=""):
    done = subprocess.run([TOOL, *args], input=given, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def stop(child):
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 0, child.returncode
    child.stdin.close()
    child.stderr.close()


def lines(n):
    return "".join(f"{i}\n" for i in range(1, n + 1))


def main(directory):
    file = os.path.join(directory, "lines")
    with open(file, "w") as out:
        out.write("one\ntwo\n")
    routes = ["--route", "n=count:5000", "--route", f"f=file:{file}", "--route", "e=echo",
              "--route", "s=stdin", "--route", "t=ticks:5"]
    for url in ("tcp://127.0.0.1:0", f"unix://{directory}/socket"):
        server, at = start("serve", url, *routes)
        assert run("sub", at, "n") == (0, lines(5000), "")
        assert run("sub", at, "n", "--take", "3", "--request", "1") == (0, lines(3), "")
        assert run("sub", at, "f", "--json") == (0, '{"data":"one"}\n{"data":"two"}\n', "")
        assert run("sub", at, "t", "--take", "3")[1] == "0\n1\n2\n"
        assert run("request", at, "e", "hello") == (0, "hello\n", "")
        assert run("pub", at, "e", "--channel", given="a\nb\n") == (0, "a\nb\n", "")
        code, out, err = run("request", at, "nowhere", "x")
        assert (code, out) == (4, "") and "no route" in err, (code, err)
        relay, second = start("relay", at, "tcp://127.0.0.1:0")
        assert run("sub", second, "n") == (0, lines(5000), "")
        assert run("request", second, "e", "far") == (0, "far\n", "")
        stop(relay)
        # stdin waits for the first subscriber, and loses nothing
        server.stdin.write("x\ny\n")
        server.stdin.flush()
        assert run("sub", at, "s", "--take", "2") == (0, "x\ny\n", "")
        stop(server)

    server, at = start("serve", "tcp://127.0.0.1:0", "--token", "secret", "--route", "n=count:3")
    assert run("sub", at, "n", "--token", "secret") == (0, lines(3), "")
    code, out, err = run("sub", at, "n", "--token", "guess")
    assert (code, out) == (4, "") and "secret" not in err, err
    reader = subprocess.Popen([TOOL, "sub", at, "n", "--token", "secret"], stdout=subprocess.PIPE)
    reader.stdout.close()  # nobody reads: it ends, without a word
    assert reader.wait(10) == 0
    stop(server)
    assert run("sub", at, "n")[0] == 3  # nobody listens there any more
    assert run("sub", "http://x", "n")[0] == 1
    assert run("sub")[0] == 2


with tempfile.TemporaryDirectory() as scratch:
    main(scratch)
