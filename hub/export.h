/*
 * An issue's files in a folder, as a province takes them: each file, its .minisig beside it, and
 * dongbo.pub, the public key in the form of the stock `minisign` tool:
 *
 *   minisign -V -p dongbo.pub -m BC_RP04_2023-6M_735_1.xlsx
 *
 * Each file appears whole or not at all, the signature after what it signs, so a folder that was
 * cut short never holds a signature without its file. Writing the same issue again is harmless.
 *
 * Ownership: everything is borrowed.   Threads: loop thread.
 */
#ifndef DONGBO_HUB_EXPORT_H
#define DONGBO_HUB_EXPORT_H

#include "hub/store_issues.h"

#define HUB_EXPORT_KEY_NAME "dongbo.pub"

/*
 * ERR_OK      *count files were written (signatures and key not counted)
 * ERR_EXISTS  the folder holds another dongbo.pub or a file of that name with other bytes: nothing
 *             is overwritten; choose another folder
 * ERR_DENIED, ERR_FULL, ERR_IO, ERR_NOT_FOUND  the folder (hub_export_folder() makes it); what was written
 *             before stays, whole
 * and the store's errors.
 */
MUST_CHECK enum err hub_export(struct hub_store *s, const struct hub_issue *issue,
                               const char *folder, size_t *count);

/* Make the folder, for others to read. ERR_DENIED, ERR_FULL, ERR_IO. */
MUST_CHECK enum err hub_export_folder(const char *folder);
/* Write one file into a folder that is there, unless it is there with the same bytes. ERR_EXISTS: with others. */
MUST_CHECK enum err hub_export_put(const char *folder, const char *name, struct bytes content);
/* Write an issue's file and its signature. */
MUST_CHECK enum err hub_export_file(const char *folder, const struct hub_issue_file *file);

#endif
