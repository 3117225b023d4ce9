"""A client of line_server, as ctest runs it: line_server.py <program>"""
import signal
import socket
import subprocess
import sys


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def everything(s):
    got = b""
    while piece := s.recv(65536):
        got += piece
    return got


server = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline().rsplit(":", 1)[1])

    with connect(port) as s:  # bytes as they come: in pieces, with both ends of a line
        for piece in (b"he", b"llo\r", b"\nworld\n\nqu", b"it\n", b"not answered\n"):
            s.sendall(piece)
        s.shutdown(socket.SHUT_WR)
        assert everything(s) == b"5\n5\n0\ngoodbye\n"

    with connect(port) as rude, connect(port) as polite:
        rude.sendall(b"x" * 70000)
        rude.shutdown(socket.SHUT_WR)
        assert everything(rude) == b"a line is longer than the limit\n"
        polite.sendall(b"abc\n")  # another connection does not notice
        polite.shutdown(socket.SHUT_WR)
        assert everything(polite) == b"3\ngoodbye\n"

    with connect(port) as s:
        s.sendall(b"gone\n")  # and does not read the answer

    with connect(port) as s:
        count = 20000  # more than fits anywhere, before a single answer is read
        s.settimeout(20)
        sent = b"".join(b"%d\n" % i for i in range(count))
        s.sendall(sent)
        s.shutdown(socket.SHUT_WR)
        lines = everything(s).splitlines()
        assert lines == [b"%d" % len(b"%d" % i) for i in range(count)] + [b"goodbye"]

    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0
finally:
    server.kill()
