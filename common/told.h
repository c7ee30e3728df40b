/*
 * Values of a record as people read them, in what is handed out to a person: labels in place of codes,
 * Vietnamese.
 *
 * Ownership: everything is borrowed for the call.   Threads: any, pure.
 * Limits:    those of the catalogue's texts; the cap of the buffer.
 */
#ifndef DONGBO_COMMON_TOLD_H
#define DONGBO_COMMON_TOLD_H

#include "common/buf.h"
#include "common/catalogue.h"

/* Is a record of the type a person (has a name by which people are told apart)? */
bool told_is_person(const struct catalogue_type *t);

/* The field whose value names a record of the type to who gets the data of a person up to this class; NULL: the
 * type has no sure name, or it may not be told. `own`: the record is that person's. Others' names are not told. */
const struct catalogue_field *told_title(const struct catalogue_type *t, unsigned max_class,
                                         bool own);

/* The choice of this value; NULL: the list has none. */
const struct catalogue_choice *told_find(const struct catalogue *c, const char *list,
                                         const char *value);
/* Its label; the value itself where the list has none. */
const char *told_choice(const struct catalogue *c, const char *list, const char *value);

/*
 * Appended: "Có", "Nữ", "Xã Phú Lý (26173)" as the unit is called today, "Đội, tổ, nhóm: Đội 1" of a reference
 * whose record has the name `title`, "Thành viên đội 0f3a9c21" where it is NULL or empty; any other text is as it
 * is. `text`: canonical (record_value_to_text).
 */
void told_value(const struct catalogue *c, struct date today, const struct catalogue_field *f,
                const char *text, const char *title, struct buf *out);

#endif
