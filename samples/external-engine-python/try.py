"""Puts an account to its use, for `broker engine test --try`: reads the secret's fields as JSON from the standard input.

Exit code 0 when the service lets it in, 3 when it is refused.
"""
import json
import sys

import notebooks


def main():
    file, fields = sys.argv[1], json.load(sys.stdin)
    try:
        notebooks.read(file, notebooks.open_session(file, fields["username"], fields["password"]), "minutes")
    except notebooks.Refused:
        sys.exit(3)


if __name__ == "__main__":
    main()
