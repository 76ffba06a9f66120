"""Makes the gRPC stubs from the broker's protos, once for each version of them, and finds them from then on."""
import hashlib
import os
import re
import subprocess
import sys
import tempfile

PROTOS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Broker.Protos", "Protos"))
PACKAGE = os.path.join("secretsbroker", "v1")


def _read_protos():
    """What an agent needs, and what that imports: Debian's compiler does not know everything that the other protos use."""
    protos = {}
    wanted = ["task_service.proto", "lease_service.proto", "error.proto"]
    while wanted:
        name = wanted.pop()
        with open(os.path.join(PROTOS, PACKAGE, name), encoding="utf-8") as file:
            # Debian's compiler is older than this option, which changes nothing on the wire.
            protos[name] = re.sub(r" \[debug_redact = true\]", "", file.read())
        imported = re.findall(r'^import "secretsbroker/v1/([a-z_]+\.proto)";', protos[name], re.MULTILINE)
        wanted += [other for other in imported if other not in protos]
    return protos


def _generate(protos, folder):
    for name, text in protos.items():
        path = os.path.join(folder, PACKAGE, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    made = subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", folder, "--python_out", folder, "--grpc_python_out", folder]
        + [os.path.join(folder, PACKAGE, name) for name in protos],
        check=False)
    if made.returncode != 0:
        sys.exit("FAILED: the stubs cannot be generated: is python3-grpc-tools installed?")


def use():
    """Makes 'import secretsbroker.v1…' work."""
    protos = _read_protos()
    version = hashlib.sha256("".join(protos[name] for name in sorted(protos)).encode()).hexdigest()[:16]
    cache = os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "secrets-broker", "python-agent")
    folder = os.path.join(cache, version)
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as making:
            made = os.path.join(making, version)
            _generate(protos, made)
            try:
                # In one step: nobody finds half of it.
                os.rename(made, folder)
            except OSError:
                if not os.path.isdir(folder):
                    raise
    sys.path.insert(0, folder)
