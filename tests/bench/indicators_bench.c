/*
 * Times of every indicator and of every report of a year over a hub's database.
 *
 *   indicators_bench HUB_DB YEAR [REPORT]   prints "indicator ID SECONDS ROWS" and "report ID SECONDS MB";
 *                                           of one report alone when it is named
 *
 * Times are of the processor, so that other work on the machine counts little. A report's time is that of
 * all its figures and rows, its memory the most that the process had held.
 */
#include "common/io/clock.h"
#include "hub/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TRIALS = 3 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum err count_row(void *ctx, const struct hub_fact *fact)
{
    (void)fact;
    ++*(size_t *)ctx;
    return ERR_OK;
}

static enum err indicators(struct hub_store *s, struct period_window window)
{
    size_t count = 0;
    enum err e = ERR_OK;
    const struct catalogue_indicator *v = catalogue_indicators(hub_store_catalogue(s), &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        char why[HUB_REPORT_WHY_ROOM];
        double best = 1e9;
        size_t rows = 0;
        for (int k = 0; e == ERR_OK && k < TRIALS; k++) {
            double begun = now();
            rows = 0;
            e = hub_reports_run(s, &v[i], window, (struct bytes){NULL, 0}, count_row, &rows, why);
            if (now() - begun < best) best = now() - begun;
            if (best > 5) break; /* it is known to be slow */
        }
        if (e != ERR_OK) fprintf(stderr, "%s: %s %s\n", v[i].id, err_name(e), why);
        printf("indicator %s %.6f %zu\n", v[i].id, best, rows);
        fflush(stdout);
    }
    return e;
}

static enum err reports(struct hub_store *s, const char *year, const char *only)
{
    size_t count = 0;
    struct period period;
    const struct catalogue_report *v = catalogue_reports(hub_store_catalogue(s), &count);
    enum err e = period_parse(bytes_str(year), &period);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct hub_report *r = NULL;
        struct hub_report_why why;
        struct rusage use;
        if ((v[i].period_kinds & (1u << PERIOD_YEAR)) == 0) continue;
        if (only != NULL && strcmp(v[i].id, only) != 0) continue;
        double begun = now();
        e = hub_report_compute(s, v[i].id, NULL, period, &r, &why);
        double took = now() - begun;
        hub_report_free(r);
        getrusage(RUSAGE_SELF, &use);
        if (e != ERR_OK) fprintf(stderr, "%s: %s %s\n", v[i].id, err_name(e), why.en);
        printf("report %s %.6f %ld\n", v[i].id, took, use.ru_maxrss / 1024);
        fflush(stdout);
    }
    return e;
}

int main(int argc, char **argv)
{
    struct hub_store *s = NULL;
    struct hub_cut cut;
    if (argc != 3 && argc != 4) return 2;
    const char *only = argc == 4 ? argv[3] : NULL;
    int16_t year = (int16_t)strtol(argv[2], NULL, 10);
    struct period_window window = {{year, 1, 1}, {year, 12, 31}};
    enum err e = hub_store_open(&(struct hub_store_options){.path = argv[1]}, &s);
    if (e == ERR_OK) e = hub_reports_ready(s, &cut);
    if (e == ERR_OK && only == NULL) e = indicators(s, window);
    if (e == ERR_OK) e = reports(s, argv[2], only);
    if (e != ERR_OK) fprintf(stderr, "%s\n", err_name(e));
    hub_store_close(s);
    return e == ERR_OK ? 0 : 1;
}
