/* Binding ourselves, and not through gRPC, buys four things: peer credentials, a file mode without
 * a window, a listener that survives running out of descriptors, and an end that does not delete
 * our successor's socket.
 *
 * A new socket takes the old one's place by dup3, so that the descriptor's number never changes and
 * the accepting thread needs no lock. A poll(2) under way keeps waiting for the old socket, though,
 * and must be woken by whoever asked for the new one. */

#include "driver/rpc_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"

/* A connect beyond it is refused at once, and the kubelet opens a connection for each call. */
#define BACKLOG 1024
#define PATH_MAX_BYTES 102
#define SOCKET_MODE 0600

struct rpc_listener {
    char *path;
    char *temp_path;
    int fd;
    dev_t dev;
    ino_t ino;
};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    return a;
}

static struct err *bind_listen(int fd, const char *path)
{
    struct sockaddr_un a = address_of(path);
    /* The file gets the socket's mode at bind: there is no moment with a wider one. */
    if (fchmod(fd, SOCKET_MODE) != 0)
        return err_errno(errno, "chmod of a new socket");
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(errno, "remove %s", path);
    if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
        return err_errno(errno, "bind %s", path);
    if (chmod(path, SOCKET_MODE) != 0)
        return err_errno(errno, "chmod %s", path);
    if (listen(fd, BACKLOG) != 0)
        return err_errno(errno, "listen at %s", path);
    return NULL;
}

/* Make the socket, give it its name, remember its inode. */
static struct err *open_socket(struct rpc_listener *l)
{
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(errno, "socket");
    struct err *e = bind_listen(fd, l->temp_path);
    struct stat st = {0};
    if (!e && lstat(l->temp_path, &st) != 0)
        e = err_errno(errno, "stat %s", l->temp_path);
    if (!e && rename(l->temp_path, l->path) != 0)
        e = err_errno(errno, "rename to %s", l->path);
    if (!e && l->fd >= 0 && dup3(fd, l->fd, O_CLOEXEC) < 0)
        e = err_errno(errno, "replace a socket");
    if (e) {
        unlink(l->temp_path);
        return e;
    }
    if (l->fd < 0) {
        l->fd = fd;
        fd = -1;
    }
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    return NULL;
}

struct err *rpc_listener_new(const char *path, struct rpc_listener **out)
{
    const char *slash = strrchr(path, '/');
    if (path[0] != '/' || !fs_is_name(slash + 1) || slash[1] == '.')
        return err_new(ERR_INVALID, "socket %s: want an absolute path with a plain name", path);
    if (strlen(path) > PATH_MAX_BYTES)
        return err_new(ERR_INVALID, "socket %s: path is over %d bytes", path, PATH_MAX_BYTES);
    CLEANUP(rpc_listener) struct rpc_listener *l = xcalloc(1, sizeof(*l));
    l->fd = -1;
    l->path = xstrdup(path);
    l->temp_path = xasprintf("%.*s.%s.new", (int)(slash + 1 - path), path, slash + 1);
    struct err *e = open_socket(l);
    if (e)
        return e;
    *out = TAKE(l);
    return NULL;
}

int rpc_listener_fd(const struct rpc_listener *l)
{
    return l->fd;
}

const char *rpc_listener_path(const struct rpc_listener *l)
{
    return l->path;
}

static bool is_trusted_peer(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

/* Failures of one connection, not of the listener: accept(2) reports errors of the new socket. */
static bool is_passing(int errnum)
{
    return errnum == EINTR || errnum == ECONNABORTED || errnum == EPROTO || errnum == EPERM;
}

struct err *rpc_listener_accept(struct rpc_listener *l, int *out_fd)
{
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0 && is_trusted_peer(fd)) {
            *out_fd = fd;
            return NULL;
        }
        if (fd >= 0) {
            fs_close(fd);
            continue;
        }
        if (is_passing(errno))
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            *out_fd = -1;
            return NULL;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return err_new(ERR_UNAVAILABLE, "accept at %s: %s", l->path, strerror(errno));
        return err_errno(errno, "accept at %s", l->path);
    }
}

enum name_state { NAME_OURS, NAME_GONE, NAME_FOREIGN };

static struct err *name_state(const struct rpc_listener *l, enum name_state *out)
{
    struct stat st;
    if (lstat(l->path, &st) == 0) {
        *out = st.st_dev == l->dev && st.st_ino == l->ino ? NAME_OURS : NAME_FOREIGN;
        return NULL;
    }
    if (errno != ENOENT)
        return err_errno(errno, "stat %s", l->path);
    *out = NAME_GONE;
    return NULL;
}

static struct err *foreign(const struct rpc_listener *l)
{
    return err_new(ERR_CONFLICT, "socket %s was replaced by another process", l->path);
}

struct err *rpc_listener_check(struct rpc_listener *l, bool *was_gone)
{
    enum name_state state = NAME_OURS;
    struct err *e = name_state(l, &state);
    if (e)
        return e;
    if (state == NAME_FOREIGN)
        return foreign(l);
    if (state == NAME_GONE) {
        e = open_socket(l);
        if (e)
            return err_wrap(e, "socket %s was removed; make it anew", l->path);
    }
    *was_gone = state == NAME_GONE;
    return NULL;
}

struct err *rpc_listener_renew(struct rpc_listener *l)
{
    enum name_state state = NAME_OURS;
    struct err *e = name_state(l, &state);
    if (e)
        return e;
    if (state == NAME_FOREIGN)
        return foreign(l);
    if (state == NAME_OURS && unlink(l->path) != 0 && errno != ENOENT)
        return err_errno(errno, "remove %s", l->path);
    return open_socket(l);
}

void rpc_listener_free(struct rpc_listener *l)
{
    if (!l)
        return;
    enum name_state state = NAME_FOREIGN;
    if (l->fd >= 0) {
        err_free(name_state(l, &state));
        if (state == NAME_OURS)
            unlink(l->path);
        fs_close(l->fd);
    }
    free(l->path);
    free(l->temp_path);
    free(l);
}
