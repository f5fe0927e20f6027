# capos.m4 - checks that name the Debian package of whatever is missing, all of
# them in one message.

# CAPOS_TOOL(VARIABLE, PROGRAMS, PACKAGE): a program the build cannot miss.
AC_DEFUN([CAPOS_TOOL], [
AC_ARG_VAR([$1], [the program $2])
AC_CHECK_PROGS([$1], [$2], [])
AS_IF([test -z "$$1"], [capos_missing="$capos_missing $3"])
])

# CAPOS_LIBRARY(PREFIX, HEADER, PACKAGE, LINK FLAGS, EXPRESSION): a library that
# cannot be missed; LINK FLAGS are quoted alternatives. Sets PREFIX_LIBS.
AC_DEFUN([CAPOS_LIBRARY], [
AC_MSG_CHECKING([for $2])
capos_found=no
capos_saved_libs=$LIBS
for capos_libs in $4; do
    LIBS=$capos_libs
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$2>]], [[(void)$5;]])],
        [capos_found=$capos_libs
         break])
done
LIBS=$capos_saved_libs
AC_MSG_RESULT([$capos_found])
AS_IF([test "$capos_found" = no],
    [capos_missing="$capos_missing $3"],
    [$1_LIBS=$capos_found])
AC_SUBST([$1_LIBS])
])

# CAPOS_MISSING: stops with one command that installs all that is missing.
AC_DEFUN([CAPOS_MISSING], [
AS_IF([test -n "$capos_missing"], [
    capos_missing=`printf '%s\n' $capos_missing | sort -u | tr '\n' ' '`
    AC_MSG_ERROR([
  Missing to build capOS. On Debian:

    apt-get install $capos_missing
])])
])

# CAPOS_OPTIONAL(VARIABLE, PROGRAMS, PACKAGE): a program that some targets need.
AC_DEFUN([CAPOS_OPTIONAL], [
AC_ARG_VAR([$1], [the program $2])
AC_CHECK_PROGS([$1], [$2], [])
AS_IF([test -n "$$1"], [capos_have_$1=yes],
    [capos_have_$1="no (apt-get install $3)"])
])

# CAPOS_COMPILER: a compiler for x86-64 that can do without a C library.
AC_DEFUN([CAPOS_COMPILER], [
AC_MSG_CHECKING([whether $CC compiles for x86-64])
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
    _Static_assert(sizeof(void *) == 8, "64 bits");
    void probe(void) { __asm__ volatile("movq %rax, %rax"); }
    ]])], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([capOS needs a C compiler for x86-64: apt-get install gcc])])
AC_MSG_CHECKING([for the compiler's own headers])
GCC_INC=`$CC -print-file-name=include`
AS_IF([test -r "$GCC_INC/stdint.h"], [],
    [AC_MSG_ERROR([no stdint.h in $GCC_INC])])
AC_MSG_RESULT([$GCC_INC])
AC_SUBST([GCC_INC])
CAPOS_FLAG([CC_COPY], [-mmemcpy-strategy=unrolled_loop:-1:align dnl
-mmemset-strategy=unrolled_loop:-1:align])
CAPOS_FLAG([CC_DWARF], [-gdwarf-4])
dnl (Seen as a whole, gcc 12 takes results that come with an error for unset.)
CAPOS_FLAG([CC_LTO], [-flto -flto-partition=one -Wno-maybe-uninitialized])
CAPOS_FLAG([CC_LOOPS], [-fno-tree-loop-distribute-patterns])
])

# CAPOS_FLAG(VARIABLE, FLAGS): flags that not every compiler knows.
AC_DEFUN([CAPOS_FLAG], [
AC_MSG_CHECKING([whether $CC knows $2])
capos_saved_cflags=$CFLAGS
CFLAGS="$CFLAGS $2 -Werror"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
    [$1="$2"
     AC_MSG_RESULT([yes])],
    [$1=
     AC_MSG_RESULT([no])])
CFLAGS=$capos_saved_cflags
AC_SUBST([$1])
])

# CAPOS_GRUB: what make iso needs.
AC_DEFUN([CAPOS_GRUB], [
AC_ARG_VAR([GRUB_MKRESCUE], [the program grub-mkrescue])
AC_CHECK_PROGS([GRUB_MKRESCUE], [grub-mkrescue], [])
AC_CHECK_PROGS([XORRISO], [xorriso], [])
AC_CHECK_PROGS([MFORMAT], [mformat], [])
capos_grub_missing=
AS_IF([test -z "$GRUB_MKRESCUE"],
    [capos_grub_missing="$capos_grub_missing grub-common"])
AS_IF([test -d /usr/lib/grub/i386-pc], [],
    [capos_grub_missing="$capos_grub_missing grub-pc-bin"])
AS_IF([test -d /usr/lib/grub/x86_64-efi], [],
    [capos_grub_missing="$capos_grub_missing grub-efi-amd64-bin"])
AS_IF([test -z "$XORRISO"], [capos_grub_missing="$capos_grub_missing xorriso"])
AS_IF([test -z "$MFORMAT"], [capos_grub_missing="$capos_grub_missing mtools"])
AS_IF([test -z "$capos_grub_missing"], [capos_have_GRUB=yes],
    [capos_have_GRUB="no (apt-get install$capos_grub_missing)"])
AM_CONDITIONAL([GRUB], [test -z "$capos_grub_missing"])
AC_SUBST([GRUB_MISSING], [$capos_grub_missing])
])

# CAPOS_OVMF: where the UEFI firmware for QEMU is.
AC_DEFUN([CAPOS_OVMF], [
AC_ARG_VAR([OVMF_DIR], [directory of OVMF_CODE_4M.fd and OVMF_VARS_4M.fd])
AS_IF([test -z "$OVMF_DIR"], [OVMF_DIR=/usr/share/OVMF])
AC_MSG_CHECKING([for OVMF])
AS_IF([test -r "$OVMF_DIR/OVMF_CODE_4M.fd"], [capos_have_OVMF=yes],
    [capos_have_OVMF="no (apt-get install ovmf)"])
AC_MSG_RESULT([$capos_have_OVMF])
])

# CAPOS_VALGRIND_HEADERS: the kernel sees valgrind/ and nothing else of the
# system's headers, through a link in the build directory.
AC_DEFUN([CAPOS_VALGRIND_HEADERS], [
AC_MSG_CHECKING([for valgrind/memcheck.h])
AC_PREPROC_IFELSE(
    [AC_LANG_SOURCE([[#include <valgrind/memcheck.h>
                      #include <valgrind/helgrind.h>]])],
    [capos_have_VALGRIND_HEADERS=yes],
    [capos_have_VALGRIND_HEADERS="no (apt-get install valgrind)"])
AC_MSG_RESULT([$capos_have_VALGRIND_HEADERS])
VALGRIND_INC=
AS_IF([test "$capos_have_VALGRIND_HEADERS" = yes],
    [MEMCHECK=memcheck
     VALGRIND_INC=`echo '#include <valgrind/memcheck.h>' |
         $CPP - | sed -n 's|^# [[0-9]]* "\(.*\)/memcheck.h".*|\1|p' | sed 1q`],
    [MEMCHECK=none])
AC_SUBST([MEMCHECK])
AC_CONFIG_COMMANDS([host-headers],
    [rm -rf host-headers && mkdir host-headers &&
     if test -n "$capos_dir"; then
         $LN_S "$capos_dir" host-headers/valgrind
     fi],
    [capos_dir='$VALGRIND_INC' LN_S='$LN_S'])
])
