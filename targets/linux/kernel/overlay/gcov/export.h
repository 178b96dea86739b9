/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put in front of the kernel's own counter bookkeeping in a build with line counts: lets regdiff.ko walk the counters, so that a run that
 * ends in a panic can tell them too. Debugfs needs a user, and after a panic there is none.
 */
#ifndef REGDIFF_GCOV_EXPORT_H
#define REGDIFF_GCOV_EXPORT_H

#include <linux/export.h>
#include <linux/types.h>

struct gcov_info;
const char *gcov_info_filename(struct gcov_info *info);
struct gcov_info *gcov_info_next(struct gcov_info *info);
size_t convert_to_gcda(char *buffer, struct gcov_info *info);

#ifdef REGDIFF_GCOV_EXPORT
EXPORT_SYMBOL_GPL(gcov_info_filename);
EXPORT_SYMBOL_GPL(gcov_info_next);
EXPORT_SYMBOL_GPL(convert_to_gcda);
#endif

#endif
