#!/bin/sh
# manifest_stale.sh - are the evaluated manifests those of the CUE sources?
#
# Needs no Node: compares the sources and the evaluated files with the sums
# that tools/evalcue left beside them, and looks for sources without a sum.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here/../../manifests" || exit 1
sums=manifests.sha256
remedy='run tools/evalcue/evalcue.js'

if ! sha256sum --strict --check --quiet "$sums"; then
    echo "manifest_stale: an evaluated manifest is stale; $remedy" >&2
    exit 1
fi
status=0
for file in $(find . \( -name '*.cue' -o -name '*.json' \) | sort); do
    if ! grep -q "  ${file#./}\$" "$sums"; then
        echo "manifest_stale: ${file#./} has no sum; $remedy" >&2
        status=1
    fi
done
exit $status
