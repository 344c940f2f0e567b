/* Feeds every file of a folder to a fuzz target, once, without a fuzzer: a corpus is a regression
 * test for every compiler and sanitizer. One line per file; a target that dies has printed which
 * file it was about to read. Usage: replay_NAME FOLDER. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_MAX = 1 << 20 };

/* Read dir/name into a block of its exact size, so that a sanitizer sees a read past the end. */
static uint8_t *read_input(const char *dir, const char *name, size_t *n)
{
    static uint8_t buffer[INPUT_MAX];
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return NULL;
    *n = fread(buffer, 1, sizeof(buffer), file);
    int is_whole = feof(file);
    fclose(file);
    uint8_t *exact = is_whole ? malloc(*n ? *n : 1) : NULL;
    if (exact)
        memcpy(exact, buffer, *n);
    return exact;
}

static int replay(const char *dir, const char *name)
{
    size_t n = 0;
    uint8_t *bytes = read_input(dir, name, &n);
    if (!bytes) {
        printf("FAIL %s/%s: cannot be read, or is over %d bytes\n", dir, name, INPUT_MAX);
        return 1;
    }
    fprintf(stderr, "# %s/%s\n", dir, name);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    printf("ok %s/%s\n", dir, name);
    fflush(stdout);
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int n = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
    if (n < 1) {
        printf("FAIL %s: needs a folder with inputs\n", argv[0]);
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < n; i++) {
        failed += replay(argv[1], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return failed ? 1 : 0;
}
