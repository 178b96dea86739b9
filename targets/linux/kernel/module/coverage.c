// SPDX-License-Identifier: GPL-2.0-only
/*
 * Line counts of the driver go to the host at the end of a run, once: when the machine switches off, before the way down runs through the
 * driver once more, or when it panics. They are written past the serial line, whose driver does not run any more after a panic,
 * to the same descriptor of the host: one fact a file.
 */
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
/* os_write_file */
#include <os.h>

#include "../overlay/gcov/export.h"
#include "regdiff.h"

/* A file's counters, in bytes; a line is twice as long. Nothing is allocated in a panic. */
#define COUNTERS (256u << 10)
#define LINE (2 * COUNTERS + 256)
/* How often a full pipe is tried again. The host reads all the time. */
#define TRIES 100000000u

static char *counters, *line;
static bool told;

static void tell(const char *text, size_t length)
{
	unsigned int tries = 0;

	while (length && tries++ < TRIES) {
		int written = os_write_file(regdiff_facts, text, length);

		if (written <= 0)
			continue;
		text += written;
		length -= written;
	}
}

static void tell_file(struct gcov_info *info)
{
	const char *name = kbasename(gcov_info_filename(info));
	size_t size = convert_to_gcda(NULL, info), length;

	if (strncmp(name, "zfcp_", 5) || size > COUNTERS)
		return;
	convert_to_gcda(counters, info);
	length = scnprintf(line, LINE, "{\"counted\":{\"file\":\"%s\",\"gcda\":\"", name);
	length = bin2hex(line + length, counters, size) - line;
	length += scnprintf(line + length, LINE - length, "\"}}\n");
	tell(line, length);
}

static int tell_all(struct notifier_block *block, unsigned long action, void *data)
{
	struct gcov_info *info = NULL;

	if (told)
		return NOTIFY_DONE;
	told = true;
	/* A panic may have cut the serial line off in the middle of a fact. */
	tell("\n", 1);
	while ((info = gcov_info_next(info)))
		tell_file(info);
	return NOTIFY_DONE;
}

/* Before the architecture's, which ends the process. */
static struct notifier_block at_panic = { .notifier_call = tell_all, .priority = INT_MAX };
static struct notifier_block at_reboot = { .notifier_call = tell_all };

int regdiff_coverage_init(void)
{
	if (regdiff_facts < 0)
		return 0;
	counters = vmalloc(COUNTERS);
	line = vmalloc(LINE);
	if (!counters || !line) {
		vfree(counters);
		vfree(line);
		return -ENOMEM;
	}
	atomic_notifier_chain_register(&panic_notifier_list, &at_panic);
	register_reboot_notifier(&at_reboot);
	return 0;
}

void regdiff_coverage_exit(void)
{
	if (regdiff_facts < 0)
		return;
	unregister_reboot_notifier(&at_reboot);
	atomic_notifier_chain_unregister(&panic_notifier_list, &at_panic);
	vfree(counters);
	vfree(line);
}
