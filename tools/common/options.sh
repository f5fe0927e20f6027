# options.sh - what every script of ours answers in the same way; to be sourced.
#
#   options_help              prints the comment at the head of the script
#   options_version NAME      prints its version, the package's
#   options_refuse NAME WORD KNOWN...
#                             says that WORD is not known and which KNOWN is
#                             nearest, and exits with 2

options_help() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

options_version() {
    sed -n "s/^AC_INIT(\[capOS\], \[\([^]]*\)\].*/$1 (capOS) \1/p" \
        "$(dirname "$0")/../configure.ac"
}

# The least edits between two words, at most a third of the longer one.
options_refuse() {
    options_name=$1
    options_word=$2
    shift 2
    options_near=$(printf '%s\n' "$@" | awk -v word="$options_word" '
        function least(a, b) { return a < b ? a : b }
        function distance(s, t,   i, j, d) {
            for (i = 0; i <= length(s); i++) d[i, 0] = i
            for (j = 0; j <= length(t); j++) d[0, j] = j
            for (i = 1; i <= length(s); i++)
                for (j = 1; j <= length(t); j++) {
                    d[i, j] = least(d[i - 1, j], d[i, j - 1]) + 1
                    other = substr(s, i, 1) != substr(t, j, 1)
                    d[i, j] = least(d[i, j], d[i - 1, j - 1] + other)
                }
            return d[length(s), length(t)]
        }
        {
            edits = distance(word, $0)
            if (3 * edits <= length($0) + 2 && (!found || edits < best)) {
                best = edits; near = $0; found = 1
            }
        }
        END { if (found) printf "did you mean %s? ", near }')
    echo "$options_name: unknown '$options_word';" \
        "${options_near}see $options_name --help" >&2
    exit 2
}
