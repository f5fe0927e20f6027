#!/bin/sh
# manifest_evaluate.sh - does the real CUE still give the evaluated manifests,
# and does it refuse a field that does not exist?
#
# Skipped (77) without Node, or if its evaluator can be neither found nor
# installed.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
if ! command -v node >/dev/null 2>&1; then
    echo "manifest_evaluate: no node; skipped" >&2
    exit 77
fi
evalcue=$here/../../tools/evalcue/evalcue.js
node "$evalcue" --check
status=$?
if [ "$status" -eq 3 ]; then
    echo "manifest_evaluate: no evaluator of CUE; skipped" >&2
    exit 77
fi
[ "$status" -eq 0 ] || exit 1

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cp -R "$here/../../manifests/." "$scratch" && chmod -R u+w "$scratch" || exit 1
rm "$scratch/scenarios.cue"
echo 'manifest: initConfig: whenDun: "stay"' >>"$scratch/system.cue"
if node "$evalcue" --check --dir "$scratch" 2>"$scratch/said"; then
    echo "manifest_evaluate: an unknown field was accepted" >&2
    exit 1
fi
if ! grep -q 'whenDun' "$scratch/said"; then
    echo "manifest_evaluate: the unknown field was not named:" >&2
    cat "$scratch/said" >&2
    exit 1
fi
