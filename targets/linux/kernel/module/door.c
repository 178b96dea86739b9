// SPDX-License-Identifier: GPL-2.0-only
/* /dev/regdiff: records out, records in. door.h says what they are. */
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/wait.h>

#include "regdiff.h"
#include "stand.h"

bool regdiff_early;
module_param_named(early, regdiff_early, bool, 0400);
MODULE_PARM_DESC(early, "Register the host when the adapter is enqueued (default off: where the driver does it)");
EXPORT_SYMBOL_GPL(regdiff_early);

struct queued {
	struct list_head list;
	struct door_record record;
	u8 payload[];
};

static LIST_HEAD(outgoing);
static DEFINE_SPINLOCK(outgoing_lock);
static DECLARE_WAIT_QUEUE_HEAD(readable);
static atomic_t opened = ATOMIC_INIT(0);

/* A record to be filled: its payload. NULL if there is no memory; the time and the context are those of now. */
void *regdiff_record(u32 kind, u32 device, u32 length, gfp_t flags)
{
	struct queued *queued = kmalloc(sizeof(*queued) + ALIGN(length, 8), flags | __GFP_NOWARN);

	if (!queued)
		return NULL;
	queued->record.kind = kind;
	queued->record.length = length;
	queued->record.time_us = ktime_to_us(ktime_get());
	queued->record.device = device;
	queued->record.context = regdiff_context();
	memset(queued->payload + length, 0, ALIGN(length, 8) - length);
	return queued->payload;
}

void regdiff_send(void *payload)
{
	struct queued *queued = container_of(payload, struct queued, payload[0]);
	unsigned long flags;

	spin_lock_irqsave(&outgoing_lock, flags);
	list_add_tail(&queued->list, &outgoing);
	spin_unlock_irqrestore(&outgoing_lock, flags);
	wake_up(&readable);
}

void regdiff_tell(u32 kind, u32 device, const void *payload, u32 length)
{
	void *to = regdiff_record(kind, device, length, GFP_ATOMIC);

	/* A record that is lost would make two runs differ for no reason of the driver's. */
	if (!to)
		panic("regdiff: no memory for a record");
	memcpy(to, payload, length);
	regdiff_send(to);
}

EXPORT_SYMBOL_GPL(regdiff_tell);

bool regdiff_records_unread(void)
{
	return !list_empty(&outgoing);
}

static struct queued *first_outgoing(void)
{
	return list_first_entry_or_null(&outgoing, struct queued, list);
}

static ssize_t door_read(struct file *file, char __user *to, size_t size, loff_t *offset)
{
	struct queued *queued;
	ssize_t done = 0;
	size_t length;
	int ret;

	while (!regdiff_records_unread()) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(readable, regdiff_records_unread());
		if (ret)
			return ret;
	}
	for (;;) {
		spin_lock_irq(&outgoing_lock);
		queued = first_outgoing();
		length = queued ? sizeof(queued->record) + ALIGN(queued->record.length, 8) : 0;
		if (!queued || length > size - done) {
			spin_unlock_irq(&outgoing_lock);
			/* The longest record always fits into DOOR_MAX_RECORD bytes. */
			return queued && !done ? -EMSGSIZE : done;
		}
		list_del(&queued->list);
		spin_unlock_irq(&outgoing_lock);
		if (copy_to_user(to + done, &queued->record, length))
			ret = -EFAULT;
		else
			ret = 0;
		kfree(queued);
		if (ret)
			return ret;
		done += length;
	}
}

static __poll_t door_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &readable, wait);
	return EPOLLOUT | (regdiff_records_unread() ? EPOLLIN | EPOLLRDNORM : 0);
}

static void done(u32 device, u32 cookie, int result)
{
	struct door_done told = { .cookie = cookie, .result = result };

	regdiff_tell(DOOR_EV_DONE, device, &told, sizeof(told));
}

/* The driver's shutdown waits for recovery, which waits for answers: it needs a task of its own. */
struct shutdown {
	struct ccw_device *cdev;
	u32 cookie;
};

static int shut_down(void *data)
{
	struct shutdown *shutdown = data;
	int ret = regdiff_shutdown_device(shutdown->cdev);

	done(shutdown->cdev->private->index, shutdown->cookie, ret);
	kfree(shutdown);
	return 0;
}

static int start_shutdown(struct ccw_device *cdev, u32 cookie)
{
	struct shutdown *shutdown = kmalloc(sizeof(*shutdown), GFP_KERNEL);
	struct task_struct *task;

	if (!shutdown)
		return -ENOMEM;
	shutdown->cdev = cdev;
	shutdown->cookie = cookie;
	task = kthread_run(shut_down, shutdown, "regdiff_down%u", cdev->private->index);
	if (IS_ERR(task))
		kfree(shutdown);
	return PTR_ERR_OR_ZERO(task);
}

/* `payload`, if it is long enough, as a pointer to `type`. */
#define PAYLOAD(type) (record->length >= sizeof(type) ? (const type *)payload : NULL)

static int take(const struct door_record *record, const u8 *payload)
{
	struct ccw_device *cdev = regdiff_device(record->device);

	if (record->kind == DOOR_DO_ADD_DEVICE) {
		const struct door_add_device *add = PAYLOAD(struct door_add_device);

		return add ? regdiff_add_device(add->devno, add->queues) : -EINVAL;
	}
	if (!cdev)
		return -ENODEV;
	switch (record->kind) {
	case DOOR_DO_ANSWER: {
		const struct door_answer *answer = PAYLOAD(struct door_answer);

		return answer ? regdiff_answer(cdev, answer, payload + sizeof(*answer), record->length - sizeof(*answer))
			      : -EINVAL;
	}
	case DOOR_DO_QUEUE_ERROR: {
		const struct door_queue_error *error = PAYLOAD(struct door_queue_error);

		return error ? regdiff_queue_error(cdev, error) : -EINVAL;
	}
	case DOOR_DO_NOTIFY: {
		const struct door_notify *notify = PAYLOAD(struct door_notify);

		if (!notify)
			return -EINVAL;
		done(record->device, notify->cookie, regdiff_notify(cdev, notify->event));
		return 0;
	}
	case DOOR_DO_SHUTDOWN: {
		const u32 *cookie = PAYLOAD(u32);

		return cookie ? start_shutdown(cdev, *cookie) : -EINVAL;
	}
	case DOOR_DO_UNKNOWN_ID:
		return regdiff_unknown_id(cdev);
	case DOOR_DO_FAIL: {
		const struct door_fail *fail = PAYLOAD(struct door_fail);

		return fail ? regdiff_arm_failure(cdev, fail) : -EINVAL;
	}
	case DOOR_DO_ARM: {
		const struct door_arm *arm = PAYLOAD(struct door_arm);

		return arm ? regdiff_arm_point(cdev, arm) : -EINVAL;
	}
	case DOOR_DO_RELEASE: {
		const struct door_point *point = PAYLOAD(struct door_point);

		return point ? regdiff_release_point(cdev, point) : -EINVAL;
	}
	default:
		return -EINVAL;
	}
}

/*
 * First come, first served: in the model whoever is woken first runs first, and goes on until it sleeps. That is what threads of one
 * fixed priority do. Workers come and go, so this is asked for again and again.
 */
static void serve_in_order(void)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		if ((task->flags & PF_KTHREAD) && task->policy == SCHED_NORMAL)
			sched_set_fifo_low(task);
	rcu_read_unlock();
}

/* Whole records only. The first bad one ends the write: its error, or what was taken before it. */
static ssize_t door_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	struct door_record record;
	ssize_t taken = 0;
	size_t length;
	u8 *payload;
	int ret = 0;

	serve_in_order();
	while (!ret && size - taken >= sizeof(record)) {
		if (copy_from_user(&record, from + taken, sizeof(record)))
			return -EFAULT;
		length = ALIGN((size_t)record.length, 8);
		if (length > DOOR_MAX_RECORD - sizeof(record) || length > size - taken - sizeof(record)) {
			ret = -EINVAL;
			break;
		}
		payload = kvmalloc(length + 8, GFP_KERNEL);
		if (!payload) {
			ret = -ENOMEM;
			break;
		}
		ret = copy_from_user(payload, from + taken + sizeof(record), length) ? -EFAULT : take(&record, payload);
		kvfree(payload);
		if (!ret)
			taken += sizeof(record) + length;
	}
	if (!taken && !ret && size)
		ret = -EINVAL;
	return taken ? taken : ret;
}

static long door_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	u32 busy;

	if (command != DOOR_IOC_BUSY)
		return -ENOTTY;
	busy = regdiff_busy();
	return put_user(busy, (u32 __user *)argument);
}

static int door_open(struct inode *inode, struct file *file)
{
	struct door_hello hello = {
		.version = DOOR_VERSION,
		.linux_version = LINUX_VERSION_CODE,
		.early = regdiff_early,
	};

	if (atomic_cmpxchg(&opened, 0, 1))
		return -EBUSY;
	regdiff_tell(DOOR_EV_HELLO, NO_DEVICE, &hello, sizeof(hello));
	return nonseekable_open(inode, file);
}

/* Opened once and for all: who comes later would miss what was told. */
static int door_release(struct inode *inode, struct file *file)
{
	regdiff_release_all();
	return 0;
}

static const struct file_operations door_operations = {
	.owner = THIS_MODULE,
	.open = door_open,
	.release = door_release,
	.read = door_read,
	.write = door_write,
	.poll = door_poll,
	.unlocked_ioctl = door_ioctl,
};

static struct miscdevice door = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = DOOR_MINOR_NAME,
	.fops = &door_operations,
	.mode = 0600,
};

int regdiff_door_init(void)
{
	return misc_register(&door);
}

void regdiff_door_exit(void)
{
	struct queued *queued;

	misc_deregister(&door);
	while ((queued = first_outgoing())) {
		list_del(&queued->list);
		kfree(queued);
	}
}
