/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of regdiff.ko share, and what the stand-ins inside zfcp.ko call. */
#ifndef REGDIFF_MODULE_H
#define REGDIFF_MODULE_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/ccwdev.h>
#include <asm/qdio.h>

#include "door.h"

struct Scsi_Host;
struct scsi_cmnd;
struct scsi_device;
struct task_struct;

/* No FCP device: the record is about the machine. */
#define NO_DEVICE (~0u)

/* One memory area that a request names: the only memory an answer may be stored to. */
struct segment {
	u8 *data;
	u32 length;
	u32 sbal;
};

/* A request the driver sent in the current epoch and that has no answer yet. */
struct sent {
	struct list_head list;
	u32 tag;
	u64 req_id;
	u32 segments;
	struct segment segment[];
};

/* An answer on its way, in order of delivery. The stores are as the guest wrote them. */
struct answer {
	struct list_head list;
	ktime_t at;
	u32 epoch;
	u32 tag;
	u32 stores;
	u32 length;
	u8 data[];
};

/* Queues of a channel device: one input, one output. */
struct queues {
	bool allocated, established, active;
	bool irq;		/* an interrupt may be raised */
	u32 epoch;		/* how often they were activated */
	u32 next_tag;
	struct qdio_buffer **input, **output;
	qdio_handler_t *input_handler, *output_handler;
	void (*irq_poll)(struct ccw_device *cdev, unsigned long parm);
	unsigned long parm;
	unsigned int input_empty, input_first_empty;	/* given to us, not filled yet */
	unsigned int input_first_full, input_full;	/* filled, not inspected yet */
	unsigned int input_error, output_error;		/* told with the next inspection */
	unsigned int output_first_done, output_done;	/* fetched, not inspected yet */
	struct list_head sent;
	struct list_head answers;
	struct hrtimer timer;
};

struct ccw_device_private {
	struct ccw_device *cdev;
	u32 index;
	u16 devno;
	atomic_t onoff;
	bool channel_online;	/* queues can be established; the driver's flag follows later */
	spinlock_t lock;	/* ccwlock */
	spinlock_t queue_lock;
	struct queues queues;
	u16 offered, enabled;	/* DOOR_QUEUES_* */
	int siosl;
};

/* ccw.c */
int regdiff_add_device(u16 devno, u16 offered);
struct ccw_device *regdiff_device(u32 index);
int regdiff_notify(struct ccw_device *cdev, u32 event);
int regdiff_shutdown_device(struct ccw_device *cdev);
int regdiff_ccw_init(void);
void regdiff_ccw_exit(void);
static inline u32 regdiff_index(struct ccw_device *cdev)
{
	return cdev ? cdev->private->index : NO_DEVICE;
}

/* qdio.c */
void regdiff_queues_init(struct ccw_device_private *private);
int regdiff_answer(struct ccw_device *cdev, const struct door_answer *head, const u8 *stores, u32 length);
int regdiff_queue_error(struct ccw_device *cdev, const struct door_queue_error *error);
int regdiff_unknown_id(struct ccw_device *cdev);
bool regdiff_answers_pending(struct ccw_device *cdev);

/* door.c */
extern bool regdiff_early;
void *regdiff_record(u32 kind, u32 device, u32 length, gfp_t flags);
void regdiff_send(void *payload);
void regdiff_tell(u32 kind, u32 device, const void *payload, u32 length);
bool regdiff_records_unread(void);
int regdiff_door_init(void);
void regdiff_door_exit(void);

/* context.c */
u32 regdiff_context(void);
/* Brackets around driver code that runs for a response, a notification or a timer; may nest. */
void regdiff_enter(u32 context);
void regdiff_leave(u32 context);
/* Which device a task works for, where a call does not say. */
void regdiff_works_for(struct ccw_device *cdev);
struct ccw_device *regdiff_worked_for(void);
void regdiff_forget(struct task_struct *task);

/* points.c */
bool regdiff_fail(u32 point, struct ccw_device *cdev);
void regdiff_reach(u32 point, struct ccw_device *cdev);
int regdiff_arm_failure(struct ccw_device *cdev, const struct door_fail *fail);
int regdiff_arm_point(struct ccw_device *cdev, const struct door_arm *arm);
int regdiff_release_point(struct ccw_device *cdev, const struct door_point *point);
void regdiff_release_all(void);
bool regdiff_points_waiting(void);
void regdiff_points_init(void);
void regdiff_points_exit(void);

/* busy.c */
u32 regdiff_busy(void);
struct ccw_device *regdiff_device_of_host(struct Scsi_Host *shost);

/* slot.c */
void regdiff_slot_host(struct Scsi_Host *shost);
void regdiff_slot_command(struct scsi_cmnd *command);

/* levels.c */
int regdiff_levels_init(void);
void regdiff_levels_exit(void);

/* main.c: descriptor of the host that facts go to, or -1. */
extern int regdiff_facts;

/* coverage.c: only in a build with line counts */
#ifdef REGDIFF_COVERAGE
int regdiff_coverage_init(void);
void regdiff_coverage_exit(void);
#else
static inline int regdiff_coverage_init(void)
{
	return 0;
}

static inline void regdiff_coverage_exit(void)
{
}
#endif

#endif
