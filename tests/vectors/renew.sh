#!/bin/sh
# Write what the protocol's programs make anew, after a change of the protocol that is meant: vectors.json,
# messages.json and appendix B of SPEC. renew.sh BUILD (with vectors_make, messages_make, session_make in it). Then look
# at the difference.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$build/tests/vectors/vectors_make" >"$new/vectors.json"
"$build/tests/vectors/messages_make" >"$new/messages.json"
sed '/^## Appendix B/,$d' proto/SPEC.md >"$new/SPEC.md"
(cd "$new" && "$build/tests/vectors/session_make") >>"$new/SPEC.md"
cp "$new/messages.json" tests/vectors/messages.json
cp "$new/vectors.json" tests/vectors/vectors.json
cp "$new/SPEC.md" proto/SPEC.md
git diff --stat
