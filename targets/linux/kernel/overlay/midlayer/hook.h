/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put in front of a few files of the SCSI midlayer and the block layer by -include: macros that ask the module, at a call
 * which the file makes anyway, whether that call fails or a named point is reached. The files themselves stay as they are.
 *
 * With no module loaded nothing is asked and nothing changes. The two pointers live in hosts.o.
 */
#ifndef REGDIFF_HOOK_H
#define REGDIFF_HOOK_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

/* Numbers of scenario::FailPoint and scenario::schedule::Point. Without a host the module asks who the task works for. */
extern bool (*regdiff_midlayer_fails)(unsigned int point, struct Scsi_Host *shost);
extern void (*regdiff_midlayer_reached)(unsigned int point, struct Scsi_Host *shost);

static inline bool regdiff_fails(unsigned int point, struct Scsi_Host *shost)
{
	return regdiff_midlayer_fails && regdiff_midlayer_fails(point, shost);
}

static inline void regdiff_reached(unsigned int point, struct Scsi_Host *shost)
{
	if (regdiff_midlayer_reached)
		regdiff_midlayer_reached(point, shost);
}

static inline void *regdiff_plain_kzalloc(size_t size, gfp_t flags)
{
	return kzalloc(size, flags);
}

/* The work of an asynchronous abort is named in one file and defined in another. */
void regdiff_eh_abort_handler(struct work_struct *work);

#define REGDIFF_IN(name) (!strcmp(__func__, name))

#ifdef REGDIFF_HOSTS
#include "scsi_priv.h"

bool (*regdiff_midlayer_fails)(unsigned int point, struct Scsi_Host *shost);
EXPORT_SYMBOL_GPL(regdiff_midlayer_fails);
void (*regdiff_midlayer_reached)(unsigned int point, struct Scsi_Host *shost);
EXPORT_SYMBOL_GPL(regdiff_midlayer_reached);

/*
 * The host's random numbers, which seed the kernel's own: always the same, or tags and with them addresses would differ from run to
 * run. The architecture's function of this name has another one here.
 */
ssize_t os_getrandom(void *buffer, size_t length, unsigned int flags);
ssize_t os_getrandom(void *buffer, size_t length, unsigned int flags)
{
	memset(buffer, 0x5a, length);
	return length;
}

/*
 * The guest never hears of its descriptors: they stay as the host gave them. Otherwise each read of the host at the far end would be an
 * interrupt here, at a moment that is the host's, and a full pipe would let virtual time pass; now it stops the guest for as long.
 */
int os_set_fd_async(int fd);
int os_set_fd_async(int fd)
{
	return 0;
}

int os_set_fd_block(int fd, int blocking);
int os_set_fd_block(int fd, int blocking)
{
	return 0;
}

void regdiff_eh_abort_handler(struct work_struct *work)
{
	struct scsi_cmnd *scmd = container_of(work, struct scsi_cmnd, abort_work.work);

	regdiff_reached(80, scmd->device->host);
	scmd_eh_abort_handler(work);
}

static inline int regdiff_setup_tags(struct Scsi_Host *shost)
{
	return regdiff_fails(17, shost) ? -ENOMEM : scsi_mq_setup_tags(shost);
}
#define scsi_mq_setup_tags(shost) regdiff_setup_tags(shost)

static inline int regdiff_sense_cache(struct Scsi_Host *shost)
{
	return regdiff_fails(23, shost) ? -ENOMEM : scsi_init_sense_cache(shost);
}
#define scsi_init_sense_cache(shost) regdiff_sense_cache(shost)

/* Where the driver's host attributes are added: with the class device, before 5.16 by a call of their own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
#define REGDIFF_ATTRIBUTES_FAIL(shost) regdiff_fails(24, shost)
#else
#define REGDIFF_ATTRIBUTES_FAIL(shost) false
static inline int regdiff_sysfs_add(struct Scsi_Host *shost)
{
	return regdiff_fails(24, shost) ? -ENOMEM : scsi_sysfs_add_host(shost);
}
#define scsi_sysfs_add_host(shost) regdiff_sysfs_add(shost)
#endif

static inline int regdiff_add_device(struct device *dev, struct Scsi_Host *shost)
{
	int ret;

	if (dev == &shost->shost_gendev)
		return regdiff_fails(18, shost) ? -ENOMEM : device_add(dev);
	if (regdiff_fails(19, shost) || REGDIFF_ATTRIBUTES_FAIL(shost))
		return -ENOMEM;
	ret = device_add(dev);
	if (!ret)
		regdiff_reached(60, shost);
	return ret;
}
#define device_add(dev) regdiff_add_device(dev, shost)

#undef kzalloc
#define kzalloc(size, flags) \
	(REGDIFF_IN("scsi_add_host_with_dma") && regdiff_fails(20, NULL) ? NULL : regdiff_plain_kzalloc(size, flags))
#define alloc_workqueue(fmt, flags, max, ...) \
	(REGDIFF_IN("scsi_add_host_with_dma") && regdiff_fails(21, NULL) ? NULL : \
	 (alloc_workqueue)(fmt, flags, max, ##__VA_ARGS__))
#endif

#ifdef REGDIFF_TRANSPORT_FC
#define alloc_workqueue(fmt, flags, max, ...) \
	(REGDIFF_IN("fc_host_setup") && regdiff_fails(22, NULL) ? NULL : \
	 (alloc_workqueue)(fmt, flags, max, ##__VA_ARGS__))
#define scsi_scan_target(parent, ...) \
	({ regdiff_reached(48, dev_to_shost(parent)); (scsi_scan_target)(parent, __VA_ARGS__); })
#endif

#ifdef REGDIFF_SCAN
#include "scsi_priv.h"

#undef kzalloc
#define kzalloc(size, flags) \
	(REGDIFF_IN("scsi_alloc_sdev") && regdiff_fails(52, dev_to_shost(starget->dev.parent)) ? NULL : \
	 regdiff_plain_kzalloc(size, flags))
#define blk_mq_init_queue(...) \
	(regdiff_fails(53, sdev->host) ? ERR_PTR(-ENOMEM) : (blk_mq_init_queue)(__VA_ARGS__))
#define blk_mq_alloc_queue(...) \
	(regdiff_fails(53, sdev->host) ? ERR_PTR(-ENOMEM) : (blk_mq_alloc_queue)(__VA_ARGS__))
#define scsi_sysfs_device_initialize(sdev) \
	do { regdiff_reached(49, (sdev)->host); (scsi_sysfs_device_initialize)(sdev); } while (0)
#define regdiff_inquiry(sdev) do { if (REGDIFF_IN("scsi_probe_lun")) regdiff_reached(50, (sdev)->host); } while (0)
#define scsi_execute_req(sdev, ...) ({ regdiff_inquiry(sdev); (scsi_execute_req)(sdev, __VA_ARGS__); })
#define scsi_execute_cmd(sdev, ...) ({ regdiff_inquiry(sdev); (scsi_execute_cmd)(sdev, __VA_ARGS__); })
#endif

#ifdef REGDIFF_LIB
#define scmd_eh_abort_handler regdiff_eh_abort_handler
#endif

#ifdef REGDIFF_ERROR
#include "scsi_priv.h"

/* The error handler wakes the host up first, and looks at its devices first when it is done. */
static inline int regdiff_autopm_get_host(struct Scsi_Host *shost, const char *function)
{
	if (!strcmp(function, "scsi_error_handler"))
		regdiff_reached(81, shost);
	return scsi_autopm_get_host(shost);
}
#define scsi_autopm_get_host(shost) regdiff_autopm_get_host(shost, __func__)
static inline struct scsi_device *regdiff_iterate(struct Scsi_Host *shost, struct scsi_device *sdev, const char *function)
{
	if (!sdev && !strcmp(function, "scsi_restart_operations"))
		regdiff_reached(82, shost);
	return __scsi_iterate_devices(shost, sdev);
}
#define __scsi_iterate_devices(shost, sdev) regdiff_iterate(shost, sdev, __func__)
#endif

#ifdef REGDIFF_SD
#define scsi_autopm_get_device(sdp) \
	({ if (REGDIFF_IN("sd_probe")) regdiff_reached(51, (sdp)->host); (scsi_autopm_get_device)(sdp); })
#define device_add_disk(parent, disk, groups) \
	({ regdiff_reached(52, to_scsi_device(parent)->host); (device_add_disk)(parent, disk, groups); })
#endif

#ifdef REGDIFF_ELEVATOR
#include "elevator.h"
#include "blk.h"
#include "blk-mq-sched.h"

static inline int regdiff_init_sched(struct request_queue *q, struct elevator_type *e)
{
	struct scsi_device *sdev = q->queuedata;

	if (!sdev)
		return blk_mq_init_sched(q, e);
	regdiff_reached(53, sdev->host);
	return regdiff_fails(54, sdev->host) ? -ENOMEM : blk_mq_init_sched(q, e);
}
#define blk_mq_init_sched(q, e) regdiff_init_sched(q, e)
#endif

#endif
