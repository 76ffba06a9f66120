"""A private key that never leaves this machine, made by the openssl command line, and the certificate for it."""
import os
import ssl
import subprocess

from story import StepFailed


def openssl(*arguments):
    made = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if made.returncode != 0:
        raise StepFailed(f"openssl {arguments[0]} failed: {made.stderr.decode(errors='replace').strip()}")
    return made.stdout


class ClientKey:
    def __init__(self, folder):
        self.key_file = os.path.join(folder, "client.key")
        self.certificate_file = os.path.join(folder, "client.pem")
        # openssl makes it readable for this user alone.
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key_file)

    def signing_request(self):
        """DER. The broker takes nothing from it but the key."""
        return openssl("req", "-new", "-key", self.key_file, "-subj", "/CN=ignored", "-outform", "DER")

    def keep_certificate(self, chain):
        with open(self.certificate_file, "w", encoding="ascii") as file:
            file.write(chain)

    def certificate_der(self):
        with open(self.certificate_file, encoding="ascii") as file:
            leaf = file.read().split("-----END CERTIFICATE-----")[0]
        return ssl.PEM_cert_to_DER_cert(leaf + "-----END CERTIFICATE-----\n")
