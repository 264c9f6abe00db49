#ifndef COUNTERSIGN_LIBYAML_SHIM_H
#define COUNTERSIGN_LIBYAML_SHIM_H
// As in CLinux: modules that see the C library with other feature macros cannot be imported together.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <yaml.h>
#endif
