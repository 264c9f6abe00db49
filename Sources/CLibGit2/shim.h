// Module map and shims only, no logic: variadics and macros that Swift cannot import.
#ifndef COUNTERSIGN_LIBGIT2_SHIM_H
#define COUNTERSIGN_LIBGIT2_SHIM_H
#include <git2.h>
#include <git2/sys/repository.h>
#endif
