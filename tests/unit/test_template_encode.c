/* Encodings and digests, as Go with sprig renders them. What a decoder complains about is its
 * result. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row encodings[] = {
    {"b64enc",
     "{{ range list \"\" \"a\" \"ab\" \"abc\" \"abcd\" .unicode .bytes \"\\xfb\\xff\\xfe\" }}{{ "
     "b64enc . }}|{{ end }}",
     "|YQ==|YWI=|YWJj|YWJjZA==|aMOpbGxvIHfDtnJsZA==|/wAB|+//+|"},
    {"b64enc long", "{{ repeat 60 \"ab\" | b64enc }}",
     "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhY"
     "mFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFi"},
    {"b64enc of no string", "{{ b64enc 1 }}", NULL},
    {"b64enc of nil", "{{ b64enc nil }}", NULL},
    {"b64dec",
     "{{ range list \"\" \"YQ==\" \"YWI=\" \"YWJj\" \"YWJjZA==\" \"+/8=\" \"Y\\nW\\rJj\\r\\n\" "
     "\"YQ=\\n=\\n\" \"YR==\" \"\\n\" }}{{ b64dec . | printf \"%q\" }}|{{ end }}",
     "\"\"|\"a\"|\"ab\"|\"abc\"|\"abcd\"|\"\\xfb\\xff\"|\"abc\"|\"a\"|\"a\"|\"\"|"},
    {"b64dec wrong",
     "{{ range list \"!!!\" \"aGVsbG8\" \"a\" \"ab\" \"abc\" \"YQ=\" \"YQ==YQ==\" \"=\" \"a===\" "
     "\"YW=I\" \"YWJj=\" \"YQ= =\" \"-_-_\" \"YWJj YWJj\" \"YWI=x\" \"YWI=\\nx\" \"YQ=\\n\\nx\" "
     "\"YQ=\\n\" \"ab\\n\" \"\\xff\" \"YWJjY\\n!\" }}{{ b64dec . }}|{{ end }}",
     "illegal base64 data at input byte 0|illegal base64 data at input byte 4|illegal base64 data "
     "at input byte 0|illegal base64 data at input byte 0|illegal base64 data at input byte "
     "0|illegal base64 data at input byte 3|illegal base64 data at input byte 4|illegal base64 "
     "data at input byte 0|illegal base64 data at input byte 1|illegal base64 data at input byte "
     "2|illegal base64 data at input byte 4|illegal base64 data at input byte 2|illegal base64 "
     "data at input byte 0|illegal base64 data at input byte 4|illegal base64 data at input byte "
     "4|illegal base64 data at input byte 5|illegal base64 data at input byte 4|illegal base64 "
     "data at input byte 4|illegal base64 data at input byte 1|illegal base64 data at input byte "
     "0|illegal base64 data at input byte 6|"},
    {"b64dec of no string", "{{ b64dec 1 }}", NULL},
    {"b32enc",
     "{{ range list \"\" \"a\" \"ab\" \"abc\" \"abcd\" \"abcde\" \"abcdef\" .bytes }}{{ b32enc . "
     "}}|{{ end }}",
     "|ME======|MFRA====|MFRGG===|MFRGGZA=|MFRGGZDF|MFRGGZDFMY======|74AAC===|"},
    {"b32enc of a list", "{{ b32enc (list) }}", NULL},
    {"b32dec",
     "{{ range list \"\" \"ME======\" \"MFRA====\" \"MFRGG===\" \"MFRGGZA=\" \"MFRGGZDF\" "
     "\"MFRGGZDFMY======\" \"MF\\nRA\\r\\n====\" \"MF======\" }}{{ b32dec . | printf \"%q\" }}|{{ "
     "end }}",
     "\"\"|\"a\"|\"ab\"|\"abc\"|\"abcd\"|\"abcde\"|\"abcdef\"|\"ab\"|\"a\"|"},
    {"b32dec wrong",
     "{{ range list \"m\" \"M\" \"MF\" \"ME=====\" \"MFR=====\" \"MFRGGZ==\" \"=\" \"M=======\" "
     "\"ME==x===\" \"ME=====x\" \"ME======x\" \"MFRA===x=\" \"MFRA====ME======\" \"MFRGGZD1\" "
     "\"MFRGGZDFM\" \"ME======ME======\" \"MF RA\" \"\\xff\" \"MFRA\\n!\" }}{{ b32dec . | printf "
     "\"%q\" }}|{{ end }}",
     "\"illegal base32 data at input byte 0\"|\"illegal base32 data at input byte 0\"|\"illegal "
     "base32 data at input byte 0\"|\"illegal base32 data at input byte 7\"|\"illegal base32 data "
     "at input byte 3\"|\"illegal base32 data at input byte 6\"|\"illegal base32 data at input "
     "byte 0\"|\"illegal base32 data at input byte 1\"|\"illegal base32 data at input byte "
     "3\"|\"illegal base32 data at input byte 6\"|\"a\"|\"illegal base32 data at input byte "
     "6\"|\"illegal base32 data at input byte 4\"|\"illegal base32 data at input byte "
     "7\"|\"illegal base32 data at input byte 8\"|\"illegal base32 data at input byte "
     "2\"|\"illegal base32 data at input byte 2\"|\"illegal base32 data at input byte "
     "0\"|\"illegal base32 data at input byte 4\"|"},
    {"b32dec of no string", "{{ b32dec nil }}", NULL},
    {"hexdec",
     "{{ range list \"\" \"6869\" \"fF00\" \"80\" }}{{ hexdec . | printf \"%q\" }}|{{ end }}",
     "\"\"|\"hi\"|\"\\xff\\x00\"|\"\\x80\"|"},
    {"hexdec wrong",
     "{{ range list \"6\" \"686\" \"6g\" \"g\" \"68g\" \"zz6\" \"6\\n\" \" \" \"\\xe9a\" "
     "\"\\xad0\" \"\\x7f\" \"'\" \"\\u00e9\" \"0x\" }}{{ hexdec . }}|{{ end }}",
     "encoding/hex: odd length hex string|encoding/hex: odd length hex string|encoding/hex: "
     "invalid byte: U+0067 'g'|encoding/hex: invalid byte: U+0067 'g'|encoding/hex: invalid byte: "
     "U+0067 'g'|encoding/hex: invalid byte: U+007A 'z'|encoding/hex: invalid byte: "
     "U+000A|encoding/hex: invalid byte: U+0020 ' '|encoding/hex: invalid byte: U+00E9 "
     "'\xc3\xa9'|encoding/hex: invalid byte: U+00AD|encoding/hex: invalid byte: "
     "U+007F|encoding/hex: invalid byte: U+0027 '''|encoding/hex: invalid byte: U+00C3 "
     "'\xc3\x83'|encoding/hex: invalid byte: U+0078 'x'|"},
    {"hexdec of no string", "{{ hexdec 68 }}", NULL},
    {"sha1sum", "{{ sha1sum \"\" }} {{ sha1sum .bytes }}",
     "da39a3ee5e6b4b0d3255bfef95601890afd80709 27065b0c2832138f764c9c1fa5f9cafc180b2f24"},
    {"sha256sum", "{{ sha256sum \"\" }} {{ sha256sum .unicode }}",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 "
     "a1003f7d04a4115711d0b48a2eaf1359ce565d2d2a6fd65098dfcffadeeef59f"},
    {"sha512sum", "{{ sha512sum \"\" }} {{ sha512sum .bytes }}",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877ee"
     "c2f63b931bd47417a81a538327af927da3e "
     "77629233f4899bdc3104c68bf8cd89579656977c1358a0f17ce2c6cdf55c65152cc874d1ab54418be68ecefe9d1b1"
     "6a8c8219dad2d5c141236a3d241d2481472"},
    {"sha1sum of no string", "{{ sha1sum 1 }}", NULL},
    {"sha256sum of a float", "{{ sha256sum 1.5 }}", NULL},
    {"sha512sum of nil", "{{ sha512sum nil }}", NULL},
    {"adler32sum",
     "{{ adler32sum \"\" }} {{ adler32sum .bytes }} {{ adler32sum \"Wikipedia\" }} {{ repeat 20000 "
     "\"\\xff\" | adler32sum }} {{ repeat 5552 \"\\xff\" | adler32sum }} {{ repeat 5553 \"\\xfe\" "
     "| adler32sum }}",
     "1 50397441 300286872 2672940644 4052720524 861636314"},
    {"adler32sum of no string", "{{ adler32sum (list) }}", NULL},
};

static const struct template_row limits[] = {
    {"sha256sum for ever",
     "{{ $x := repeat 4000000 \"a\" }}{{ range until 10000 }}{{ if sha256sum $x }}{{ end }}{{ end "
     "}}",
     ""},
    {"b32dec for ever",
     "{{ $x := repeat 4000000 \"a\" }}{{ range until 10000 }}{{ if b32dec $x }}{{ end }}{{ end }}",
     ""},
    {"b64enc grows", "{{ $x := repeat 4000000 \"a\" }}{{ b64enc $x | len }}", "text longer"},
    {"b32enc grows", "{{ $x := repeat 4000000 \"a\" }}{{ b32enc $x | len }}", "text longer"},
};

int main(void)
{
    return TABLE_RUN("encode", encodings, template_rig_check_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
