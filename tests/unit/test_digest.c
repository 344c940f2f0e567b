/* Published vectors, External Secrets' golden hashes, and what the keyed digest must tell apart. */
#include "base/digest.h"

#include <string.h>

#include "base/codec.h"
#include "tests/support/table.h"

static struct secret_view text(const char *s)
{
    return secret_view_of(s, strlen(s));
}

struct row {
    const char *name, *in, *want;
};

static const struct row sha256_rows[] = {
    {"empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
};

static void sha256_row(void **state)
{
    const struct row *r = *state;
    unsigned char raw[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX], again[DIGEST_SHA256_HEX];

    digest_sha256_hex(text(r->in), hex);
    assert_string_equal(hex, r->want);
    digest_sha256(text(r->in), raw);
    codec_hex(raw, sizeof(raw), again);
    assert_string_equal(again, r->want);
}

static const struct row sha3_rows[] = {
    {"empty", "", "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"},
    {"empty map", "map[]", "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b"},
    {"two values", "map[bar:[118 97 108 117 101 50] foo:[118 97 108 117 101 49]]",
     "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"},
    {"text", "hello there", "f78681ec611ebaeea0689bff6c7812a83ff98a7faba986d9af76c999"},
    {"nil", "<nil>", "c461202a18e99215f121936fb2452e03843828e448a00a53f285a6fc"},
    {"owner", "default/example", "5b1224068cc3cca5aa3071e518838346f821fe1761229559d4959980"},
    {"no labels, no annotations", "{annotations:map[] labels:map[]}",
     "f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"},
};

static void sha3_row(void **state)
{
    const struct row *r = *state;
    char hex[DIGEST_SHA3_224_HEX];

    digest_sha3_224_hex(text(r->in), hex);
    assert_string_equal(hex, r->want);
}

struct hmac_row {
    const char *name, *key, *in, *want;
};

/* RFC 4231 cases 1 and 2, and no key at all. */
static const struct hmac_row hmac_rows[] = {
    {"case 1", "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
     "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"case 2", "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"empty", "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static void hmac_row(void **state)
{
    const struct hmac_row *r = *state;
    unsigned char raw[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX];

    digest_hmac_sha256(text(r->key), text(r->in), raw);
    codec_hex(raw, sizeof(raw), hex);
    assert_string_equal(hex, r->want);
}

static void keyed(const struct digest_key *k, const char *a, const char *b,
                  char out[DIGEST_KEYED_HEX])
{
    CLEANUP(digest_keyed) struct digest_keyed *d = digest_keyed_new(k);

    digest_keyed_add(d, text(a));
    if (b)
        digest_keyed_add(d, text(b));
    digest_keyed_end(d, out);
}

static void keyed_digest(void **state)
{
    CLEANUP(digest_key) struct digest_key *k = NULL;
    CLEANUP(digest_key) struct digest_key *other = NULL;
    char one[DIGEST_KEYED_HEX], two[DIGEST_KEYED_HEX];

    (void)state;
    assert_null(digest_key_new(&k));
    assert_null(digest_key_new(&other));
    keyed(k, "ab", "c", one);
    assert_int_equal(strlen(one), DIGEST_KEYED_HEX - 1);
    keyed(k, "ab", "c", two);
    assert_string_equal(one, two);
    keyed(k, "a", "bc", two);
    assert_string_not_equal(one, two);
    keyed(k, "abc", NULL, two);
    assert_string_not_equal(one, two);
    keyed(k, "abc", "", one);
    assert_string_not_equal(one, two);
    keyed(other, "abc", "", two);
    assert_string_not_equal(one, two);
}

static void key_needs_the_arena(void **state)
{
    struct digest_key *k = NULL;
    struct err *e;

    (void)state;
    secret_arena_fail_after(1);
    e = digest_key_new(&k);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    assert_null(k);
    err_free(e);
    digest_key_free(NULL);
    digest_keyed_free(NULL);
}

static void random_differs(void **state)
{
    unsigned char a[300] = {0}, b[300] = {0};

    (void)state;
    digest_random(a, sizeof(a));
    digest_random(b, sizeof(b));
    assert_memory_not_equal(a, b, 16);
    assert_memory_not_equal(a + 284, b + 284, 16);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keyed_digest),
        cmocka_unit_test(key_needs_the_arena),
        cmocka_unit_test(random_differs),
    };

    return TABLE_RUN("digest_sha256", sha256_rows, sha256_row) +
           TABLE_RUN("digest_sha3_224", sha3_rows, sha3_row) +
           TABLE_RUN("digest_hmac_sha256", hmac_rows, hmac_row) + GROUP_RUN("digest", tests);
}
