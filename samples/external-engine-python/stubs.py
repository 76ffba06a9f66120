"""Makes the gRPC stubs from the engine's contract, once for each version of it, and finds them from then on."""
import hashlib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROTOS = os.path.normpath(os.path.join(HERE, "..", "..", "Broker.Protos", "Protos"))
CONTRACT = os.path.join("secretsbroker", "engine", "v1", "engine.proto")


def use():
    """Makes 'import secretsbroker.engine.v1…' work."""
    with open(os.path.join(PROTOS, CONTRACT), "rb") as file:
        version = hashlib.sha256(file.read()).hexdigest()[:16]
    cache = os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "secrets-broker", "external-engine")
    folder = os.path.join(cache, version)
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as making:
            made = os.path.join(making, version)
            os.makedirs(made)
            if subprocess.run(
                    [sys.executable, "-m", "grpc_tools.protoc", "-I", PROTOS, "--python_out", made, "--grpc_python_out", made,
                     os.path.join(PROTOS, CONTRACT)], check=False).returncode != 0:
                sys.exit("FAILED: the stubs cannot be generated: is python3-grpc-tools installed?")
            try:
                # In one step: nobody finds half of it.
                os.rename(made, folder)
            except OSError:
                if not os.path.isdir(folder):
                    raise
    sys.path.insert(0, folder)
