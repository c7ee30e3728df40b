/*
 * A catalogue's folder read into memory: its files and those of indicators/, names as the archive
 * has them ("fields.csv", "indicators/T03.sql"). docs/catalogue.md.
 *
 * Hidden files, editors' copies (NAME~, ~NAME) and names without a dot are passed over.
 *
 * Ownership: folder_free() releases everything; a zeroed struct is empty.   Threads: any.
 * Limits:    CATALOGUE_FILES_MAX files of CATALOGUE_FILE_BYTES_MAX bytes.
 */
#ifndef DONGBO_COMMON_IO_FOLDER_H
#define DONGBO_COMMON_IO_FOLDER_H

#include "common/catalogue.h"

struct folder {
    struct catalogue_file files[CATALOGUE_FILES_MAX];
    size_t count;
    char bad[CATALOGUE_NAME_BYTES_MAX + 1]; /* file that could not be read, "" = the folder */
};

/*
 * ERR_NOT_FOUND  no such folder, or nothing in it;   ERR_TOO_LARGE: too many files, or one too big
 * and the errors of common/io/file.h. After an error there is nothing to free.
 */
MUST_CHECK enum err folder_read(const char *path, struct folder *out);
void folder_free(struct folder *f);

#endif
