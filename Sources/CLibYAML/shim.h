#ifndef COUNTERSIGN_LIBYAML_SHIM_H
#define COUNTERSIGN_LIBYAML_SHIM_H
#include <yaml.h>
#endif
