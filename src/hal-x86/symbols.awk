# symbols.awk - turns `nm -n kernel.elf` into the table of panic.c, as assembly.
# With no input (the first of the two links) the table is empty.

BEGIN {
    count = 0
    entries = ""
    names = ""
    offset = 0
}

# The linker script's names share addresses with functions.
$3 ~ /^x86_text_(start|end)$/ {
    next
}

$2 ~ /^[tT]$/ && $1 ~ /^ffffffff/ {
    entries = entries "    .long 0x" substr($1, 9) ", " offset "\n"
    names = names "    .asciz \"" $3 "\"\n"
    offset += length($3) + 1
    count++
}

END {
    print "    .section .symbols, \"a\", @progbits"
    print "    .globl x86_symbols, x86_symbols_count, x86_symbol_names"
    print "    .balign 4"
    print "x86_symbols_count:\n    .long " count
    print "x86_symbols:\n" entries
    print "x86_symbol_names:\n" names "    .byte 0"
    print "    .section .note.GNU-stack, \"\", @progbits"
}
