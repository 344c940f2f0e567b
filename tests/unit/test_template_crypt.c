/* Passwords and AES: what they give is Go's, byte for byte where nothing is random. */
#include <string.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

#define DERIVE(type) "{{ derivePassword 1 \"" type "\" \"password\" \"user\" \"example.com\" }}"
#define LONG_KEY "\"a password that is longer than 32 bytes\""
#define SEALED "\"56ITeN5ixSrIztQ8pjWkmX2lfjQlxKfkMntMLayIrok=\""
#define A8 "aaaaaaaa"
#define A72 A8 A8 A8 A8 A8 A8 A8 A8 A8

static const struct template_row rows[] = {
    {"maximum", DERIVE("maximum"), "pf4zS1LjCg&LjhsZ7T2~"},
    {"long", DERIVE("long"), "ZedaFaxcZaso9*"},
    {"medium", DERIVE("medium"), "ZedJuz8$"},
    {"short", DERIVE("short"), "Zed5"},
    {"basic", DERIVE("basic"), "pIS54PLs"},
    {"pin", DERIVE("pin"), "6685"},
    {"unknown type", DERIVE("none"), "cannot find password template none"},
    {"type is a text", "{{ derivePassword 1 2 \"a\" \"b\" \"c\" }}", NULL},
    {"counter below zero", "{{ derivePassword -1 \"pin\" \"a\" \"b\" \"c\" }}", NULL},

    {"AES of Go", "{{ decryptAES " LONG_KEY " " SEALED " }}", "plain text"},
    {"key is cut to 32 bytes", "{{ decryptAES \"a password that is longer than 3\" " SEALED " }}",
     "plain text"},
    {"there and back", "{{ encryptAES \"\" \"0123456789abcdef\" | decryptAES \"\" }}",
     "0123456789abcdef"},
    {"a block more for padding", "{{ encryptAES \"k\" \"0123456789abcdef\" | len }}", "64"},
    {"nothing to encrypt", "{{ encryptAES \"k\" \"\" }}|{{ decryptAES \"k\" \"\" }}", "|"},
    {"no base64", "{{ decryptAES \"k\" \"!\" }}", NULL},
    {"no vector", "{{ decryptAES \"k\" \"YWJj\" }}", NULL},
    {"only a vector", "{{ decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAAAA==\" }}", NULL},
    {"broken block", "{{ decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAAAAAA\" }}", NULL},
    {"padding longer than the text",
     "{{ decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" }}", NULL},

    {"bcrypt", "{{ bcrypt \"secret\" | trunc 7 }} {{ bcrypt \"\" | len }}", "$2a$10$ 60"},
    {"bcrypt of 72 bytes", "{{ bcrypt \"" A72 "\" | len }}", "60"},
    {"bcrypt of 73 bytes", "{{ bcrypt \"a" A72 "\" }}",
     "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"},
    {"bcrypt of a zero byte", "{{ bcrypt \"a\\x00b\" }}", NULL},

    {"sha", "{{ htpasswd \"user\" \"secret\" \"sha\" }}", "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
    {"sha of nothing", "{{ htpasswd \"\" \"\" \"sha\" }}", ":{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
    {"other algorithms are bcrypt", "{{ htpasswd \"u\" \"p\" \"md5\" | trunc 9 }}", "u:$2a$10$"},
    {"colon in the name", "{{ htpasswd \"a:b\" \"p\" \"sha\" }}", "invalid username: a:b"},
    {"algorithm must be a literal", "{{ htpasswd \"u\" \"p\" .user }}", NULL},
    {"two arguments", "{{ htpasswd \"u\" \"p\" }}", NULL},
};

static void counting(void *ctx, unsigned char *out, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)i;
}

static struct text call_fixed(struct template_rig *rig, const char *name, const char *arg,
                              const char *second)
{
    static const struct template_env env = {.random = counting};
    struct datum args[] = {datum_string(text_of(arg)), datum_string(text_of(second ? second : ""))};
    struct datum out;

    rig->g.env = &env;
    CLEANUP(err) struct err *e = template_rig_call(rig, name, args, second ? 2 : 1, &out);
    assert_null(e);
    return datum_text(&out);
}

/* A salt and an initial vector come from the source that is given. */
static void random_is_given(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    text_buf_add(&rig.b, call_fixed(&rig, "bcrypt", "secret", NULL));
    template_rig_printed(&rig, "$2a$10$..CA.uOD/eaGAOmJB.yMBu0jSOqyoKcaQ/YvzjM283iifHYPhsi9y");
    text_buf_add(&rig.b, call_fixed(&rig, "encryptAES", "k", "text"));
    template_rig_printed(&rig, "AAECAwQFBgcICQoLDA0OD8oLI/QegbjkFwUdDh0ZVk4=");
    template_rig_done(&rig);
}

static void heavy_calls_are_few(void **state)
{
    (void)state;
    template_rig_limit("{{ range until 17 }}{{ bcrypt \"a\" }}{{ end }}", "more than 16 expensive");
}

/* What was to be hidden stands in no message. */
static void messages_quote_nothing(void **state)
{
    (void)state;
    template_rig_refuse("{{ decryptAES .pass \"s3cr\" }}",
                        "error calling decryptAES: runtime error: slice bounds out of range");
    template_rig_refuse("{{ decryptAES .pass .pass }}",
                        "error calling decryptAES: illegal base64 data");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(random_is_given),
    cmocka_unit_test(heavy_calls_are_few),
    cmocka_unit_test(messages_quote_nothing),
};

int main(void)
{
    return TABLE_RUN("template_crypt", rows, template_rig_check_row) +
           GROUP_RUN("template_crypt", tests);
}
