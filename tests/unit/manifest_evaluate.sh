#!/bin/sh
# manifest_evaluate.sh - does the real CUE still give the evaluated manifests?
#
# Skipped (77) without Node, or if its evaluator can be neither found nor
# installed.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
if ! command -v node >/dev/null 2>&1; then
    echo "manifest_evaluate: no node; skipped" >&2
    exit 77
fi
node "$here/../../tools/evalcue/evalcue.js" --check
status=$?
if [ "$status" -eq 3 ]; then
    echo "manifest_evaluate: no evaluator of CUE; skipped" >&2
    exit 77
fi
exit "$status"
