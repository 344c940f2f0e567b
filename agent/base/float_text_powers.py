#!/usr/bin/env python3
"""Writes agent/base/float_text_powers.c: powers of ten to 128 bits.

    agent/base/float_text_powers.py >agent/base/float_text_powers.c
"""
import subprocess
import sys

FIRST, LAST = -292, 324

TOP = """\
/* Written by float_text_powers.py; do not edit. Each power is scaled by a power of two so that its
 * highest bit is set, and rounded up where it is not exact. */
#include "base/float_text_powers.h"

const struct float_text_power float_text_powers[] = {
"""


def scaled(power):
    """The smallest 128-bit number that is not below 10^power once that is scaled."""
    top, bottom = 10 ** max(power, 0), 10 ** max(-power, 0)
    shift = 128 - (top.bit_length() - bottom.bit_length())
    for bits in (shift - 1, shift, shift + 1):
        value = -((-top << max(bits, 0)) // (bottom << max(-bits, 0)))
        if value.bit_length() == 128:
            return value
    raise AssertionError(power)


def main():
    rows = [f"{{0x{value >> 64:016x}, 0x{value & (1 << 64) - 1:016x}}}"
            for value in map(scaled, range(FIRST, LAST + 1))]
    text = TOP + ", ".join(rows) + ",\n};\n"
    name = "--assume-filename=agent/base/float_text_powers.c"
    laid_out = subprocess.run(["clang-format-14", name], input=text, capture_output=True,
                              text=True, check=True)
    sys.stdout.write(laid_out.stdout)


if __name__ == "__main__":
    sys.exit(main())
