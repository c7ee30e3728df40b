/*
 * The answer of the verb `subject` as a workbook, for people. docs/subject.md.
 *
 * Texts are written as texts and never become formulas.
 *
 * Ownership: everything is borrowed for the call.   Threads: any.
 * Limits:    texts over SUBJECT_TEXT_MAX bytes are cut in the workbook; the JSON has them whole.
 */
#ifndef DONGBO_HUB_XLSX_SUBJECT_H
#define DONGBO_HUB_XLSX_SUBJECT_H

#include "common/err.h"

#include <jansson.h>

/* Into the file `path`, which is there already, with rights for its owner only. ERR_IO, ERR_NOMEM: it
 * is not usable. */
MUST_CHECK enum err hub_xlsx_subject(const json_t *answer, const char *path);

#endif
