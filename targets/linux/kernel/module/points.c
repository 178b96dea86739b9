// SPDX-License-Identifier: GPL-2.0-only
/* Failures and named points that the guest armed. Both are counted per device. */
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <scsi/scsi_host.h>

#include "regdiff.h"
#include "stand.h"

#define MAX_DEVICES 4

struct armed {
	struct list_head list;
	u32 device, point;
	u32 nth;	/* a failure: how many to go; a point: at which count */
	u32 cookie;	/* failures */
	bool waits;	/* points */
};

struct waiter {
	struct list_head list;
	u32 device, point, nth;
	bool released;
};

static DEFINE_SPINLOCK(lock);
static LIST_HEAD(failures);
static LIST_HEAD(points);
static LIST_HEAD(waiters);
static DECLARE_WAIT_QUEUE_HEAD(released);
static u32 reached[MAX_DEVICES][POINTS];

extern bool (*regdiff_midlayer_fails)(unsigned int point, struct Scsi_Host *shost);
extern void (*regdiff_midlayer_reached)(unsigned int point, struct Scsi_Host *shost);

/* What a rename reaches. A user's start is the guest's own; draws are not points. */
static bool point_in_reach(u32 point)
{
	switch (point) {
	case POINT_ONLINE_ENQUEUED ... POINT_ONLINE_SCANNED:
	case POINT_ERP_OPEN ... POINT_REDO_LINK_DOWN:
	case POINT_SCAN_START ... POINT_RPORT_TASK:
	case POINT_LUN_SCAN ... POINT_ELEVATOR_ATTACH:
	case POINT_UNREGISTER_WORKS ... POINT_UNIT_REMOVE:
	case POINT_TMF_ABORT ... POINT_EH_FINISH:
		return true;
	default:
		return false;
	}
}

static bool failure_in_reach(u32 point)
{
	switch (point) {
	case FAIL_CCW_REFERENCE ... FAIL_SYSFS_DIAGNOSTICS:
	case FAIL_HOST_ALLOC ... FAIL_HOST_ATTRIBUTES:
	case FAIL_QDIO_ESTABLISH ... FAIL_SYNC_REQUEST:
	case FAIL_PORT_ALLOC ... FAIL_FC_STATS:
		return true;
	default:
		return false;
	}
}

int regdiff_arm_failure(struct ccw_device *cdev, const struct door_fail *fail)
{
	struct armed *armed;
	unsigned long flags;

	if (!failure_in_reach(fail->point))
		return -EOPNOTSUPP;
	armed = kzalloc(sizeof(*armed), GFP_KERNEL);
	if (!armed)
		return -ENOMEM;
	armed->device = regdiff_index(cdev);
	armed->point = fail->point;
	armed->nth = max(fail->nth, 1u);
	armed->cookie = fail->cookie;
	spin_lock_irqsave(&lock, flags);
	list_add_tail(&armed->list, &failures);
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

/* Every armed failure of this kind counts, as in the model: two that fall together both happen. */
bool regdiff_fail(u32 point, struct ccw_device *cdev)
{
	u32 device = regdiff_index(cdev ? cdev : regdiff_worked_for());
	struct door_failed failed = { .point = point };
	struct armed *armed, *next;
	unsigned long flags;
	bool fails = false;
	LIST_HEAD(hit);

	if (list_empty(&failures))
		return false;
	spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(armed, next, &failures, list)
		if (armed->device == device && armed->point == point && !--armed->nth)
			list_move_tail(&armed->list, &hit);
	spin_unlock_irqrestore(&lock, flags);
	list_for_each_entry_safe(armed, next, &hit, list) {
		failed.cookie = armed->cookie;
		regdiff_tell(DOOR_EV_FAILED, device, &failed, sizeof(failed));
		kfree(armed);
		fails = true;
	}
	return fails;
}
EXPORT_SYMBOL_GPL(regdiff_fail);

int regdiff_arm_point(struct ccw_device *cdev, const struct door_arm *arm)
{
	struct armed *armed;
	unsigned long flags;
	u32 device = regdiff_index(cdev);

	if (!point_in_reach(arm->point) || device >= MAX_DEVICES)
		return -EOPNOTSUPP;
	armed = kzalloc(sizeof(*armed), GFP_KERNEL);
	if (!armed)
		return -ENOMEM;
	armed->device = device;
	armed->point = arm->point;
	armed->waits = arm->waits;
	spin_lock_irqsave(&lock, flags);
	armed->nth = reached[device][arm->point] + max(arm->nth, 1u);
	list_add_tail(&armed->list, &points);
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

/* A context that must not sleep goes on at once; the record says so. */
static bool may_wait(u32 point)
{
	return point != POINT_COMMAND_PREPARED && !in_interrupt() && !irqs_disabled();
}

void regdiff_reach(u32 point, struct ccw_device *cdev)
{
	u32 device = regdiff_index(cdev ? cdev : regdiff_worked_for());
	struct door_point told = { .point = point };
	struct waiter waiter = { .device = device, .point = point };
	struct armed *armed, *next;
	unsigned long flags;
	/* Asked here: the lock below disables interrupts. */
	bool tell = false, wait = may_wait(point);

	if (device >= MAX_DEVICES || point >= POINTS)
		return;
	spin_lock_irqsave(&lock, flags);
	told.nth = waiter.nth = ++reached[device][point];
	list_for_each_entry_safe(armed, next, &points, list) {
		if (armed->device != device || armed->point != point || armed->nth != told.nth)
			continue;
		tell = true;
		told.waits |= armed->waits && wait;
		list_del(&armed->list);
		kfree(armed);
	}
	if (told.waits)
		list_add_tail(&waiter.list, &waiters);
	spin_unlock_irqrestore(&lock, flags);
	if (tell)
		regdiff_tell(DOOR_EV_POINT, device, &told, sizeof(told));
	if (!told.waits)
		return;
	/* In the model whoever stands at a point goes on next when it is released, before those whom the step woke. */
	sched_set_fifo(current);
	wait_event(released, waiter.released);
	sched_set_fifo_low(current);
	spin_lock_irqsave(&lock, flags);
	list_del(&waiter.list);
	spin_unlock_irqrestore(&lock, flags);
}
EXPORT_SYMBOL_GPL(regdiff_reach);

int regdiff_release_point(struct ccw_device *cdev, const struct door_point *point)
{
	struct waiter *waiter;
	unsigned long flags;
	int ret = -ENOENT;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(waiter, &waiters, list) {
		if (waiter->device == regdiff_index(cdev) && waiter->point == point->point &&
		    (!point->nth || waiter->nth == point->nth)) {
			waiter->released = true;
			ret = 0;
		}
	}
	spin_unlock_irqrestore(&lock, flags);
	wake_up_all(&released);
	return ret;
}

void regdiff_release_all(void)
{
	struct armed *armed, *next;
	struct waiter *waiter;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(armed, next, &points, list) {
		list_del(&armed->list);
		kfree(armed);
	}
	list_for_each_entry(waiter, &waiters, list)
		waiter->released = true;
	spin_unlock_irqrestore(&lock, flags);
	wake_up_all(&released);
}

bool regdiff_points_waiting(void)
{
	struct waiter *waiter;
	unsigned long flags;
	bool any = false;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(waiter, &waiters, list)
		any |= !waiter->released;
	spin_unlock_irqrestore(&lock, flags);
	return any;
}

static bool midlayer_fails(unsigned int point, struct Scsi_Host *shost)
{
	return regdiff_fail(point, shost ? regdiff_device_of_host(shost) : NULL);
}

/* A scan asks a LUN up to three times; the point is before the first. */
static bool first_inquiry(unsigned int point, u32 device)
{
	static bool new_lun[MAX_DEVICES];

	if (device >= MAX_DEVICES || (point != POINT_SLAVE_ALLOC && point != POINT_LUN_INQUIRY))
		return true;
	if (point == POINT_LUN_INQUIRY && !new_lun[device])
		return false;
	new_lun[device] = point == POINT_SLAVE_ALLOC;
	return true;
}

static void midlayer_reached(unsigned int point, struct Scsi_Host *shost)
{
	struct ccw_device *cdev = shost ? regdiff_device_of_host(shost) : NULL;

	if (!cdev || first_inquiry(point, regdiff_index(cdev)))
		regdiff_reach(point, cdev);
}

void regdiff_points_init(void)
{
	regdiff_midlayer_fails = midlayer_fails;
	regdiff_midlayer_reached = midlayer_reached;
}

void regdiff_points_exit(void)
{
	struct armed *armed, *next;

	regdiff_midlayer_fails = NULL;
	regdiff_midlayer_reached = NULL;
	regdiff_release_all();
	list_for_each_entry_safe(armed, next, &failures, list) {
		list_del(&armed->list);
		kfree(armed);
	}
}
