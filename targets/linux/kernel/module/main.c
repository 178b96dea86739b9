// SPDX-License-Identifier: GPL-2.0-only
/* regdiff.ko: a channel subsystem without hardware, whose firmware is a program of the guest. */
#include <linux/module.h>

#include "regdiff.h"

int regdiff_facts = -1;
module_param_named(facts, regdiff_facts, int, 0400);
MODULE_PARM_DESC(facts, "Descriptor of the host to which line counts go at the end (default -1: nowhere)");

static int __init regdiff_init(void)
{
	int ret = regdiff_ccw_init();

	if (ret)
		return ret;
	ret = regdiff_levels_init();
	if (ret)
		goto undo_ccw;
	ret = regdiff_coverage_init();
	if (ret)
		goto undo_levels;
	ret = regdiff_door_init();
	if (ret)
		goto undo_coverage;
	regdiff_points_init();
	return 0;

undo_coverage:
	regdiff_coverage_exit();
undo_levels:
	regdiff_levels_exit();
undo_ccw:
	regdiff_ccw_exit();
	return ret;
}
module_init(regdiff_init);

static void __exit regdiff_exit(void)
{
	regdiff_points_exit();
	regdiff_door_exit();
	regdiff_coverage_exit();
	regdiff_levels_exit();
	regdiff_ccw_exit();
}
module_exit(regdiff_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("regdiff: channel subsystem without hardware");
