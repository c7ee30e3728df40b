#include "common/io/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

/* One line, byte by byte: nothing of it may stay in a stdio buffer. */
static enum err passphrase_line(int fd, struct buf *out)
{
    uint8_t *p = buf_room(out, PASSPHRASE_BYTES_MAX + 1); /* at once: it must not move */
    if (p == NULL) return out->e;
    size_t n = 0;
    enum err e = ERR_OK;
    for (;;) {
        uint8_t c;
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) e = ERR_IO;
        if (got <= 0 || c == '\n') break;
        if (c == '\r') continue;
        if (n == PASSPHRASE_BYTES_MAX) {
            e = ERR_BAD_INPUT;
            break;
        }
        p[n++] = c;
    }
    out->len = n;
    return e == ERR_OK && n == 0 ? ERR_BAD_INPUT : e;
}

static void passphrase_say(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n; /* a prompt that cannot be shown is no reason to stop */
}

static enum err passphrase_ask(int fd, const char *prompt, struct buf *out)
{
    struct termios old, quiet;
    if (tcgetattr(fd, &old) != 0) return ERR_IO;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    passphrase_say(fd, prompt);
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0) return ERR_IO;
    enum err e = passphrase_line(fd, out);
    (void)tcsetattr(fd, TCSAFLUSH, &old);
    passphrase_say(fd, "\n");
    return e;
}

enum err passphrase_read(const char *path, const char *prompt, struct buf *out)
{
    bool input = path != NULL && strcmp(path, "-") == 0;
    int fd = path == NULL ? open("/dev/tty", O_RDWR | O_CLOEXEC)
             : input      ? STDIN_FILENO
                          : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && path != NULL)
        return errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED : ERR_IO;
    if (fd < 0) return passphrase_line(STDIN_FILENO, out);
    enum err e = path == NULL ? passphrase_ask(fd, prompt, out) : passphrase_line(fd, out);
    if (fd != STDIN_FILENO) close(fd);
    return e;
}
