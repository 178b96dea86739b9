/* SPDX-License-Identifier: GPL-2.0-only */
/* EBCDIC to ASCII and back, in place. */
#ifndef REGDIFF_ASM_EBCDIC_H
#define REGDIFF_ASM_EBCDIC_H

#include <linux/types.h>

void regdiff_ebcdic_to_ascii(u8 *text, size_t length);
void regdiff_ascii_to_ebcdic(u8 *text, size_t length);

#define EBCASC(text, length) regdiff_ebcdic_to_ascii((u8 *)(text), length)
#define ASCEBC(text, length) regdiff_ascii_to_ebcdic((u8 *)(text), length)

#endif
