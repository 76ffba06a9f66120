#!/bin/sh
# Fetches the list of revoked SSH certificates and replaces the host's copy of it, whole and at once.
# Usage: fetch-krl.sh URL CA_FILE KRL_FILE
#   URL       the broker's list: https://broker.example.org:8444/v1/ssh/TARGET/krl
#   CA_FILE   the authority that sshd trusts, TrustedUserCAKeys
#   KRL_FILE  the copy that sshd reads, RevokedKeys
# When the broker cannot be reached, or what it sends is no list, the copy stays as it is and the exit code is not 0.
set -eu

url=${1:?URL is missing} authority=${2:?CA_FILE is missing} krl=${3:?KRL_FILE is missing}
new=$(mktemp "$krl.XXXXXX")
trap 'rm -f "$new"' EXIT

curl --fail --silent --show-error --max-time 10 --max-filesize 104857600 --output "$new" "$url"
# sshd refuses everybody when it cannot read its list: one that OpenSSH does not understand must not get there.
ssh-keygen -Q -f "$new" "$authority" > /dev/null
chmod 644 "$new"
mv -f "$new" "$krl"
