/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug feature: records of the driver's recovery area go through the door, the others are counted and dropped. */
#ifndef REGDIFF_ASM_DEBUG_H
#define REGDIFF_ASM_DEBUG_H

#include <linux/types.h>
/* The header of this name that others have, in case someone relies on it. */
#include <linux/bug.h>

#define DEBUG_MAX_NAME_LEN 64

typedef struct debug_info {
	int level;
	int buf_size;
	bool recovery;
	char name[DEBUG_MAX_NAME_LEN];
} debug_info_t;

struct debug_view;
typedef struct debug_entry debug_entry_t;

extern struct debug_view debug_hex_ascii_view;

debug_info_t *debug_register(const char *name, int pages, int areas, int buf_size);
void debug_unregister(debug_info_t *id);
int debug_register_view(debug_info_t *id, struct debug_view *view);
void debug_set_level(debug_info_t *id, int level);
debug_entry_t *debug_event(debug_info_t *id, int level, void *data, int length);

static inline bool debug_level_enabled(debug_info_t *id, int level)
{
	return level <= id->level;
}

#endif
