"""A certificate for tests that talk TLS to a process of ours."""
import os
import subprocess


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
