#!/bin/sh
# run.sh BUILD_FOLDER NAME: NAME.test.mjs in the browser against the programs of that build.
# Exit 77 (skipped) when the browser or the modules are missing, unless DONGBO_BROWSER_REQUIRED is set.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
export DONGBO_BIN="$1"
export DONGBO_MODULES="${DONGBO_MODULES:-$here/../../build/browser}"
export DONGBO_CHROMIUM="${DONGBO_CHROMIUM:-/usr/bin/chromium}"
missing=''
command -v node >/dev/null || missing="nodejs"
[ -x "$DONGBO_CHROMIUM" ] || missing="$missing chromium"
[ -d "$DONGBO_MODULES/node_modules/playwright-core" ] || missing="$missing modules"
if [ -n "$missing" ]; then
    echo "missing: $missing (./dev test installs what is needed)"
    [ -z "${DONGBO_BROWSER_REQUIRED:-}" ] || exit 1
    exit 77
fi
exec node --test "$here/$2.test.mjs"
