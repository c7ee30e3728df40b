#!/usr/bin/env bash
# ./dev and .ci/run in a folder of their own, with stand-ins for the programs that would change the machine.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/tree/.ci"
cp "$root/dev" "$work/tree/dev"
cp "$root/.ci/run" "$work/tree/.ci/run"
export CALLS=$work/calls HAVE=none SUDO_WORKS=no PATH="$work/bin:$PATH"

stand_in() {
    printf '#!/usr/bin/env bash\nset -e\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
# shellcheck disable=SC2016 # the variables are for the stand-ins
{
    stand_in dpkg-query '[ "$HAVE" = all ] || exit 1
shift 2
for p in "$@"; do echo "installed $p"; done'
    stand_in id 'echo 1000'
    stand_in apt-get 'echo "apt-get $*" >>"$CALLS"'
    stand_in sudo '[ "$SUDO_WORKS" = yes ] || exit 1
[ "$1" = -n ] || exit 1
shift
"$@"'
    stand_in cmake 'echo "cmake $*" >>"$CALLS"'
    stand_in ctest 'echo "ctest $* $ASAN_OPTIONS" >>"$CALLS"
echo "100% tests passed, 0 tests failed out of 3"'
}

wrong=0
# expect WHAT EXIT-CODE COMMAND...: run it without a terminal and keep what it prints in $work/out.
expect() {
    local what=$1 code=$2 got=0
    shift 2
    : >"$CALLS"
    (cd "$work/tree" && timeout 300 "$@") </dev/null >"$work/out" 2>&1 || got=$?
    [ "$got" -eq "$code" ] || fail "$what: exit $got, expected $code"
}
fail() {
    wrong=$((wrong + 1))
    printf 'checks/dev: %s\n' "$*"
    sed 's/^/    /' "$work/out" "$CALLS"
}
printed() { grep -qE -- "$1" "$work/out" || fail "did not print: $1"; }
called() { grep -qE -- "$1" "$CALLS" || fail "did not call: $1"; }
not_called() { if grep -qE -- "$1" "$CALLS"; then fail "called: $1"; fi; }

expect "help" 0 ./dev help
for verb in demo test bench fuzz soak format lint build clean help; do printed "^  $verb "; done
expect "no verb" 0 ./dev
expect "unknown verb" 2 ./dev dance
expect "a verb that is no word" 2 ./dev 'help; true'
expect "soak without minutes" 2 ./dev soak
expect "fuzz with nonsense" 2 ./dev fuzz -x

expect "packages missing, no sudo" 1 ./dev test
printed '^sudo apt-get install -y --no-install-recommends .*libuv1-dev.*clang-14'
[ "$(grep -c 'apt-get install' "$work/out")" -eq 1 ] || fail "not exactly one line to install"
not_called 'apt-get|cmake'

SUDO_WORKS=yes expect "packages missing, sudo without a password" 1 ./dev demo
called '^apt-get .*update'
called '^apt-get .*install -y .*libsqlite3-dev'
printed 'still missing'

export HAVE=all
expect "everything installed" 0 ./dev test
not_called '^apt-get'
called '^cmake --preset test'
called '^cmake --build --preset clang'
called '^ctest .*--no-tests=error .*detect_leaks=1'
[ "$(tail -n 1 "$work/out")" = "100% tests passed, 0 tests failed out of 3" ] || fail "ctest has not the last word"
expect "no demonstration in this tree" 1 ./dev demo
printed 'not written yet'

# .ci/run with another dev: what it makes of each ending.
log=$work/tree/build/test/Testing/Temporary/LastTest.log
ci_with() {
    printf '#!/usr/bin/env bash\nset -e\nmkdir -p "%s"\n%s\n' "$(dirname "$log")" "$1" >"$work/tree/dev"
    chmod +x "$work/tree/dev"
}
ci_with "echo 'Test Passed.' >'$log'"
expect "CI, all passed" 0 .ci/run
ci_with "echo '[  SKIP''PED ] 1 test(s)' >'$log'"
expect "CI, one skipped" 1 .ci/run
ci_with "echo 'Test Passed.' >'$log'; exit 3"
expect "CI, one failed" 3 .ci/run
ci_with ":"
expect "CI, no log" 1 .ci/run

printf 'checks/dev: %d wrong\n' "$wrong"
[ "$wrong" -eq 0 ]
