/* SPDX-License-Identifier: GPL-2.0-only */
/* Service levels: shown in /proc/service_levels. */
#ifndef REGDIFF_ASM_SYSINFO_H
#define REGDIFF_ASM_SYSINFO_H

#include <linux/list.h>
#include <linux/seq_file.h>

struct service_level {
	struct list_head list;
	void (*seq_print)(struct seq_file *m, struct service_level *sl);
};

int register_service_level(struct service_level *sl);
int unregister_service_level(struct service_level *sl);

#endif
