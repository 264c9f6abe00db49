// What Glibc's Swift overlay leaves out.
#ifndef COUNTERSIGN_SYSTEM_SHIM_H
#define COUNTERSIGN_SYSTEM_SHIM_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
// _GNU_SOURCE renames the one member of fd_set. Other modules (Glibc, Dispatch, COpenSSL) have it under its default
// name, and a file that sees both does not compile, depending on which module is loaded first.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/// No core of this process is written (prctl(2), PR_SET_DUMPABLE); its children begin anew.
static inline int countersign_write_no_core(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }
#endif
