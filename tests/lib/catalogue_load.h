/*
 * For tests: a catalogue folder read into memory.
 *
 * Ownership: catalogue_load() allocates everything; catalogue_unload() releases it.   Threads: any.
 */
#ifndef DONGBO_TESTS_CATALOGUE_LOAD_H
#define DONGBO_TESTS_CATALOGUE_LOAD_H

#include "common/catalogue.h"

/* Read all files of a folder and of its indicators/, in the source tree ("catalogue",
 * "tests/bench/catalogue"). Fails the running test when the folder cannot be read. */
struct catalogue_file *catalogue_load(const char *folder, size_t *count);
void catalogue_unload(struct catalogue_file *files, size_t count);

/* The same, parsed; the mistakes are printed and fail the running test. */
struct catalogue *catalogue_load_parsed(const char *folder);

#endif
