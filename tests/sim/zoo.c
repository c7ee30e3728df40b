/* The bug that is switched on in the simulator's build of the product. */
#include "common/zoo.h"

unsigned zoo_bug;
