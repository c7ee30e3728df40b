#include "common/io/late.h"
#include "common/log.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t late_lock = PTHREAD_MUTEX_INITIALIZER;

static enum err late_missing(const struct late_library *l, const char *what)
{
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("library.missing"), log_str("library", l->soname),
              log_str("what", what));
    return ERR_IO;
}

static enum err late_take(struct late_library *l)
{
    void *library = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return late_missing(l, "file");
    for (size_t i = 0; i < l->count; i++) {
        if (dlsym(library, l->symbols[i].name) != NULL) continue;
        const char *name = l->symbols[i].name;
        dlclose(library);
        return late_missing(l, name);
    }
    for (size_t i = 0; i < l->count; i++) {
        void *f = dlsym(library, l->symbols[i].name);
        memcpy(l->symbols[i].to, &f,
               sizeof f); /* POSIX: a function's address fits a void pointer */
    }
    l->loaded = true;
    return ERR_OK;
}

enum err late_load(struct late_library *l)
{
    pthread_mutex_lock(&late_lock);
    enum err e = l->loaded ? ERR_OK : late_take(l);
    pthread_mutex_unlock(&late_lock);
    return e;
}
