"""Who file_to_tcp sends to, as ctest runs it: file_to_tcp.py <program>"""
import os
import socket
import subprocess
import sys
import tempfile

with tempfile.NamedTemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as listener:
    content = os.urandom(1 << 20) * 8 + b"the end"
    file.write(content)
    file.flush()
    port = str(listener.getsockname()[1])
    listener.settimeout(20)

    sender = subprocess.Popen([sys.argv[1], "127.0.0.1", port, file.name])
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            got = b""
            while piece := connection.recv(10000):
                got += piece
        assert got == content
        assert sender.wait(timeout=20) == 0

        sender = subprocess.Popen([sys.argv[1], "127.0.0.1", port, file.name], stderr=subprocess.PIPE)
        connection, _ = listener.accept()
        connection.recv(10)
        connection.close()  # in the middle: it is told
        assert sender.wait(timeout=20) == 1
        text = sender.stderr.read()
        assert text in (b"file_to_tcp: Connection reset by peer\n", b"file_to_tcp: Broken pipe\n"), text
    finally:
        sender.kill()

assert subprocess.run([sys.argv[1], "127.0.0.1", "1", "/no/such/file"], stderr=subprocess.PIPE).returncode == 1
