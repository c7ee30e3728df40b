/* What the libraries need for the same frames: the floor below our own code. */
#include "tests/bench/w_bench.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static double rate(double from, size_t n)
{
    return (bench_cpu() - from) * 1e6 / (double)n;
}

static void limits_sodium(void)
{
    enum { N = 2000 };
    uint8_t pk[32], sk[64], m[192] = {1}, sig[64], out[32];
    BENCH_TRUE(crypto_sign_keypair(pk, sk) == 0);
    double from = bench_cpu();
    for (size_t i = 0; i < N; i++)
        BENCH_TRUE(crypto_sign_detached(sig, NULL, m, 128, sk) == 0);
    bench_say("limit_sign_us", rate(from, N));
    from = bench_cpu();
    for (size_t i = 0; i < N; i++)
        BENCH_TRUE(crypto_sign_verify_detached(sig, m, 128, pk) == 0);
    bench_say("limit_verify_us", rate(from, N));
    from = bench_cpu();
    for (size_t i = 0; i < 100 * N; i++)
        crypto_generichash(out, sizeof out, m, sizeof m, NULL, 0);
    bench_say("limit_hash_us", rate(from, 100 * N));
}

static void limits_zstd(const struct w_bench_frame *v, size_t count, int level)
{
    static uint8_t out[2 * FRAME_BODY_BYTES_MAX];
    size_t bytes = 0, sets = 0, from_node = SIZE_MAX;
    ZSTD_CCtx *z = NULL;
    double from = bench_cpu();
    for (size_t i = 0; i < count; i++) {
        if (v[i].node != from_node) {
            (void)ZSTD_freeCCtx(z);
            z = ZSTD_createCCtx();
            (void)ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level);
            (void)ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, (int)LINK_WINDOW_LOG_MAX);
            from_node = v[i].node;
        }
        ZSTD_inBuffer in = {v[i].body.p, v[i].body.len, 0};
        ZSTD_outBuffer to = {out, sizeof out, 0};
        BENCH_TRUE(ZSTD_compressStream2(z, &to, &in, ZSTD_e_flush) == 0);
        bytes += to.pos;
        sets += v[i].sets;
    }
    (void)ZSTD_freeCCtx(z);
    char name[64];
    (void)snprintf(name, sizeof name, "limit_zstd%d_us", level);
    bench_say(name, rate(from, sets));
    (void)snprintf(name, sizeof name, "limit_zstd%d_bytes", level);
    bench_say(name, (double)bytes / (double)sets);
}

void verb_limits(char **args)
{
    static struct fleet f;
    size_t count = 0, bytes = 0, sets = 0;
    fleet_open(&f, args[0], w_bench_nodes(args[0]));
    double from = bench_cpu();
    struct w_bench_frame *v = w_bench_frames(&f, &count);
    for (size_t i = 0; i < count; i++) {
        sets += v[i].sets;
        bytes += v[i].body.len;
    }
    bench_say("pack_cpu_us", rate(from, sets));
    bench_say("pack_bytes", (double)bytes / (double)sets);
    limits_sodium();
    static const int levels[] = {1, 3, 6, 9, 12, 19};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        limits_zstd(v, count, levels[i]);
    if (getenv("W_BENCH_DUMP") != NULL) {
        FILE *file = fopen(getenv("W_BENCH_DUMP"), "wb");
        BENCH_TRUE(file != NULL);
        for (size_t i = 0; i < count && v[i].node == 0; i++) {
            uint32_t len = (uint32_t)v[i].body.len;
            (void)fwrite(&len, 4, 1, file);
            (void)fwrite(v[i].body.p, 1, len, file);
        }
        (void)fclose(file);
    }
    w_bench_frames_free(v, count);
    fleet_close(&f);
}
