/*
 * Feeds bytes to the reader of pictures of common/photo.
 *
 * Checked: a copy is never longer than the file, holds no Exif but the one that says how it is turned, and is
 * its own copy.
 */
#include <assert.h>

#include "common/photo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once, twice;
    bool clean = false, again = false;
    buf_init(&once, size);
    buf_init(&twice, size);
    if (photo_clean(bytes_make(data, size), &once, &clean) == ERR_OK) {
        assert(once.len <= size);
        if (photo_clean(buf_bytes(&once), &twice, &again) != ERR_OK) assert(false);
        assert(clean == again && bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    }
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
