#!/usr/bin/env python3
"""The RSocket examples with each other: test.py <directory of the programs>"""
import os
import subprocess
import sys

DIRECTORY = sys.argv[1]


def start(name, *args, **options):
    program = os.path.join(DIRECTORY, f"streamx_example_rsocket_{name}")
    return subprocess.Popen([program, *args], stdout=subprocess.PIPE, text=True, **options)


def run(name, *args):
    child = start(name, *args)
    out, _ = child.communicate(timeout=20)
    assert child.returncode == 0, (name, child.returncode, out)
    return out


def every_interaction():
    server = start("server")
    said = run("client", server.stdout.readline().strip())
    assert "answer: HELLO\n" in said and "there is nothing to shout" in said, said
    assert "stream: 1 2 3 4 5\n" in said and "channel: ONE TWO THREE\n" in said, said
    assert server.stdout.readline() == "logged: something has happened\n"
    assert server.stdout.readline() == "pushed: all is well\n"
    server.terminate()
    assert server.wait(20) == 0


def chat():
    server = start("chat", "serve")
    url = server.stdout.readline().strip()
    members = [start("chat", "join", url, name, stdin=subprocess.PIPE) for name in ("ada", "bob")]

    def say(member, line):
        member.stdin.write(line + "\n")
        member.stdin.flush()

    say(members[0], "is anybody there?")
    assert members[0].stdout.readline() == "ada: is anybody there?\n"
    say(members[1], "I am")
    for m in members:
        assert m.stdout.readline() == "bob: I am\n"
    say(members[0], "good")
    for m in members:
        assert m.stdout.readline() == "ada: good\n"
    for child in [*members, server]:
        child.kill()
        child.wait()


def one_pipeline_in_two_processes():
    producer = start("split", "produce")
    assert run("split", "consume", producer.stdout.readline().strip()) == run("split")
    producer.kill()
    producer.wait()


def values():
    server = start("quotes", "serve")
    url = server.stdout.readline().strip()
    assert run("quotes", "watch", url, "XYZ", "3") == "XYZ 100.25\nXYZ 100.5\nXYZ 100.75\n"
    server.kill()
    server.wait()


def workers_that_are_asked():
    server = start("workers", "serve", stderr=subprocess.DEVNULL)
    url = server.stdout.readline().strip()
    workers = []
    for name in ("ada", "bob"):
        workers.append(start("workers", "work", url, name))
        assert workers[-1].stdout.readline() == "ready\n"
    assert run("workers", "ask", url, "3") == "1: 1 by ada\n2: 4 by bob\n3: 9 by ada\n"
    workers[0].kill()
    workers[0].wait()
    assert run("workers", "ask", url, "2") == "1: 1 by bob\n2: 4 by bob\n"
    for child in (workers[1], server):
        child.kill()
        child.wait()


every_interaction()
values()
workers_that_are_asked()
chat()
one_pipeline_in_two_processes()
