#!/usr/bin/env bash
# Builds everything and runs every test against real servers. The last line is "N passed, N failed", with ", N skipped" where some were.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./test.sh [--quick] [--filter X]

  --filter X   only tests whose full name contains X, or an expression such as 'TestCategory=Differential'
  --quick      without the analyzers and without the tests of the category Long

On Debian and Ubuntu it installs the servers that the tests start: with sudo when not root, only what is missing.
Exit code 0 when no test failed and at least one passed.
TEXT
}

filter='' quick=false
while [ $# -gt 0 ]; do
  case $1 in
    --filter) filter=${2:?--filter needs a value}; shift 2 ;;
    --quick) quick=true; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")"
results=$PWD/TestResults
# Build servers that outlive this script would keep its output open, and who waits for the end of it would wait for them.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# What holds until the tests have been counted: whatever ends the script before that is a failure.
passed=0 failed=1 skipped=0
finish() {
  trap - EXIT
  local line="$passed passed, $failed failed"
  [ "$skipped" = 0 ] || line+=", $skipped skipped"
  echo "$line"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ] && exit 0
  exit 1
}
trap finish EXIT

limited() { # limited SECONDS COMMAND…: ends it in order after that time, and the hard way a little later
  local limit=$1
  shift
  if command -v timeout > /dev/null; then timeout --kill-after=30 "$limit" "$@"; else "$@"; fi
}

find_dotnet() {
  command -v dotnet > /dev/null || [ ! -x "$HOME/.dotnet/dotnet" ] || export PATH=$HOME/.dotnet:$PATH
  if ! command -v dotnet > /dev/null; then
    echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download/dotnet/10.0 (or apt-get install dotnet-sdk-10.0 where it is packaged)."
    return 1
  fi
  local sdks
  sdks=$(cd / && dotnet --list-sdks)
  if ! grep -q '^10\.' <<< "$sdks"; then
    echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download/dotnet/10.0. Installed: ${sdks:-no SDK}"
    return 1
  fi
}

say_what_to_install() {
  echo "The tests start servers of their own: redis-server 7, PostgreSQL 15 or later, the OpenSSH server and client, rabbitmq-server, python3 with grpcio and grpcio-tools, openssl."
  echo "$1 Tests that need what is missing are skipped, and say so."
}

install_servers() {
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    say_what_to_install "Install them with this system's package manager."
    return
  fi

  local package missing=()
  for package in redis-server postgresql openssh-server rabbitmq-server python3-grpcio python3-grpc-tools openssl; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null; then
      say_what_to_install "As root: apt-get install ${missing[*]}."
      return
    fi
    as_root=(sudo)
    # Nobody is there to type a password.
    [ -t 0 ] || as_root+=(-n)
  fi

  echo "Installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -q \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "${missing[@]}"; } > "$log" 2>&1 < /dev/null; then
    tail -5 "$log"
    say_what_to_install "apt-get could not install ${missing[*]}."
  fi
  rm -f "$log"

  # Debian starts what it installs. The tests start their own; those that ran before are somebody's, and stay.
  local service
  for service in redis-server postgresql rabbitmq-server ssh; do
    if [[ " ${missing[*]} " == *" ${service/#ssh/openssh-server} "* ]] && command -v service > /dev/null; then
      "${as_root[@]}" service "$service" stop > /dev/null 2>&1 < /dev/null || true
    fi
  done
}

build() {
  local arguments=(SecretsBroker.sln -v q -nologo --tl:off) log
  ! $quick || arguments+=(-p:RunAnalyzers=false)
  log=$(mktemp)
  if ! limited 900 dotnet build "${arguments[@]}" > "$log" 2>&1 < /dev/null; then
    echo "The build failed:"
    # Each fault stands twice in the log. Without one something else went wrong.
    grep -E ': (error|warning) ' "$log" | sed 's/^ *//' | sort -u || tail -30 "$log"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

run_tests() {
  local arguments=(
    SecretsBroker.sln --no-build --nologo -v q --tl:off
    --logger "console;verbosity=minimal" --logger trx --results-directory "$results"
    --blame-hang --blame-hang-timeout 10m --blame-hang-dump-type none)
  local expression=$filter
  [[ -z $filter || $filter == *[=~]* ]] || expression="FullyQualifiedName~$filter"
  if $quick; then expression="${expression:+($expression)&}TestCategory!=Long"; fi
  [ -z "$expression" ] || arguments+=(--filter "$expression")
  rm -rf "$results"
  limited 3600 dotnet test "${arguments[@]}" -- NUnit.DisplayName=FullName < /dev/null
}

# Reads result files; prints each failure and why tests were skipped, and last "passed failed skipped".
summarize() {
  awk '
    function attribute(line, name) {
      if (!match(line, " " name "=\"[^\"]*\"")) return ""
      return text(substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4))
    }
    function text(s) {
      gsub(/&#xD;|&#xA;/, "", s); gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s)
      gsub(/&amp;/, "\\&", s)
      return s
    }
    function close_result() {
      if (outcome == "Passed") passed++
      else if (outcome == "NotExecuted") { skipped++; reasons[message == "" ? "no reason given" : message]++ }
      else { failed++; print "FAILED " name; if (message != "") print message }
      outcome = ""
    }
    /<UnitTestResult / {
      if (outcome != "") close_result()
      outcome = attribute($0, "outcome"); name = attribute($0, "testName"); message = ""
    }
    outcome != "" && /<Message>/ { sub(/.*<Message>/, ""); reading = 1 }
    reading {
      line = $0
      if (sub(/<\/Message>.*/, "", line)) reading = 0
      message = message (message == "" ? "  " : "\n  ") text(line)
    }
    /<\/Results>/ { if (outcome != "") close_result() }
    # The test that hung or ended its process has no result of its own.
    /<Text>The active test run was aborted/ { failed++; print "FAILED the run was stopped: a test hung or ended its process; see above" }
    END {
      for (reason in reasons) print "SKIPPED " reasons[reason] ":" substr(reason, 2)
      print passed + 0, failed + 0, skipped + 0
    }
  ' "$@"
}

find_dotnet || exit 1
install_servers
build || exit 1

run_failed=false
run_tests || run_failed=true
shopt -s nullglob globstar
files=("$results"/**/*.trx)
if [ ${#files[@]} -gt 0 ]; then
  summary=$(summarize "${files[@]}")
  sed '$d' <<< "$summary"
  read -r passed failed skipped <<< "$(tail -n 1 <<< "$summary")"
fi
if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
  echo "No test was run${filter:+: none matches $filter}."
fi
if $run_failed && [ "$failed" = 0 ]; then
  echo "The test run itself failed: it was stopped, or a test ended its process. See above, and $results."
  failed=1
fi
