/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put in front of each of the driver's files by -include. Calls that leave the file are renamed here: to a function of
 * stand.c where both sides are known by name (the -D lines in Kbuild), to a macro where the call is the kernel's. What a macro adds
 * depends on the function it stands in, because one name serves several places.
 */
#ifndef REGDIFF_BEFORE_H
#define REGDIFF_BEFORE_H

/* As the driver's files say it themselves, but before the headers below. */
#define KMSG_COMPONENT "zfcp"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/mempool.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_fc.h>
#include <asm/ccwdev.h>
#include <asm/qdio.h>

#include "../stand.h"

/* Clocks of s390: 4096 units a microsecond. */
#define get_tod_clock() ((unsigned long)(ktime_to_ns(ktime_get()) * 4096 / 1000))
#define get_tod_clock_monotonic() get_tod_clock()

bool regdiff_fail(u32 point, struct ccw_device *cdev);
void regdiff_reach(u32 point, struct ccw_device *cdev);
void regdiff_enter(u32 context);
void regdiff_leave(u32 context);

#define REGDIFF_IN(name) (!strcmp(__func__, name))

static inline __always_unused void *regdiff_kzalloc(size_t size, gfp_t flags, u32 point)
{
	return point && regdiff_fail(point, NULL) ? NULL : kzalloc(size, flags);
}

static inline u32 regdiff_allocates(const char *function)
{
	static const struct {
		const char *function;
		u32 point;
	} table[] = {
		{ "zfcp_adapter_enqueue", FAIL_ADAPTER_ALLOC },
		{ "zfcp_diag_adapter_setup", FAIL_DIAG_ALLOC },
		{ "zfcp_reqlist_alloc", FAIL_REQ_LIST_ALLOC },
		{ "zfcp_dbf_adapter_register", FAIL_DBF_REGISTER },
		{ "zfcp_fc_gs_setup", FAIL_GS_ALLOC },
		{ "zfcp_port_enqueue", FAIL_PORT_ALLOC },
		{ "zfcp_unit_add", FAIL_UNIT_ALLOC },
	};
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(table); n++)
		if (!strcmp(table[n].function, function))
			return table[n].point;
	return 0;
}

#undef kzalloc
#define kzalloc(size, flags) regdiff_kzalloc(size, flags, regdiff_allocates(__func__))

#ifdef REGDIFF_AUX
struct zfcp_adapter;

struct scsi_transport_template *regdiff_attach_transport(struct fc_function_template *functions);
#define fc_attach_transport(functions) regdiff_attach_transport(functions)

void regdiff_stat_work(struct work_struct *work);

#define get_device(dev) \
	(REGDIFF_IN("zfcp_adapter_enqueue") && regdiff_fail(FAIL_CCW_REFERENCE, NULL) ? NULL : (get_device)(dev))
static inline mempool_t *regdiff_page_pool(int elements, int order)
{
	return regdiff_fail(FAIL_POOLS_ALLOC, NULL) ? NULL : mempool_create_page_pool(elements, order);
}
#undef mempool_create_page_pool
#define mempool_create_page_pool(elements, order) regdiff_page_pool(elements, order)
#undef alloc_ordered_workqueue
#define alloc_ordered_workqueue(name, flags) \
	(regdiff_fail(FAIL_WORK_QUEUE_ALLOC, NULL) ? NULL : \
	 alloc_workqueue(name, WQ_UNBOUND | __WQ_ORDERED | REGDIFF_ORDERED_EXPLICIT | (flags), 1))
#ifdef __WQ_ORDERED_EXPLICIT
#define REGDIFF_ORDERED_EXPLICIT __WQ_ORDERED_EXPLICIT
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* An enumerator, where it exists; the eager kernels have it too. */
#define REGDIFF_ORDERED_EXPLICIT __WQ_ORDERED_EXPLICIT
#else
#define REGDIFF_ORDERED_EXPLICIT 0
#endif
#define device_add_groups(dev, groups) \
	(regdiff_fail(FAIL_SYSFS_ADAPTER, NULL) || regdiff_fail(FAIL_SYSFS_DIAGNOSTICS, NULL) ? -ENOMEM : \
	 (device_add_groups)(dev, groups))
/* One function refills from the recovery thread and from the work; only the work is the point. */
#define regdiff_is_stat_work(function) (!strcmp(#function, "_zfcp_status_read_scheduler"))
#undef INIT_WORK
#define INIT_WORK(work, function) \
	__INIT_WORK((work), (regdiff_is_stat_work(function) ? regdiff_stat_work : (function)), 0)
#endif

#if defined(REGDIFF_AUX) || defined(REGDIFF_UNIT)
#ifdef REGDIFF_AUX
#define REGDIFF_DEVICE FAIL_PORT_SYSFS
#else
#define REGDIFF_DEVICE FAIL_UNIT_SYSFS
#endif
/* A failed registration leaves an initialised device, which the caller puts. */
#define device_register(dev) \
	({ \
		int __ret; \
		if (regdiff_fail(REGDIFF_DEVICE, NULL)) { \
			device_initialize(dev); \
			__ret = -ENOMEM; \
		} else { \
			__ret = (device_register)(dev); \
		} \
		__ret; \
	})
#endif

#ifdef REGDIFF_CCW
/* The only sleep of this file stands before set_online's wait. */
void regdiff_backoff(struct ccw_device *cdev);
#define msleep(ms) ({ regdiff_backoff(cdev); (msleep)(ms); })
#define flush_delayed_work(work) \
	({ \
		(flush_delayed_work)(work); \
		if (REGDIFF_IN("zfcp_ccw_set_online")) \
			regdiff_reach(POINT_ONLINE_SCANNED, cdev); \
	})
#endif

#ifdef REGDIFF_ERP
#define ssleep(s) \
	({ if (REGDIFF_IN("zfcp_erp_adapter_strategy")) regdiff_reach(POINT_ERP_RETRY_SLEEP, NULL); (ssleep)(s); })
/* An adapter open resizes two pools, one after the other. */
int regdiff_pool_resize(mempool_t *pool, int elements);
#define mempool_resize(pool, elements) regdiff_pool_resize(pool, elements)
/* A strategy takes a reference first, and its lock before and after what it does. */
void regdiff_strategy_begins(struct kref *kref);
void regdiff_strategy_locks(void);
#define kref_get(kref) \
	({ if (REGDIFF_IN("zfcp_erp_strategy")) regdiff_strategy_begins(kref); (kref_get)(kref); })
static inline unsigned long regdiff_write_lock_irqsave(rwlock_t *lock, const char *function)
{
	unsigned long flags;

	if (!strcmp(function, "zfcp_erp_strategy"))
		regdiff_strategy_locks();
	write_lock_irqsave(lock, flags);
	return flags;
}
#undef write_lock_irqsave
#define write_lock_irqsave(lock, flags) ((flags) = regdiff_write_lock_irqsave(lock, __func__))
#define atomic_or(bits, word) \
	({ \
		(atomic_or)(bits, word); \
		if (REGDIFF_IN("zfcp_erp_adapter_strategy_open")) \
			regdiff_reach(POINT_ERP_ADAPTER_OPEN, NULL); \
	})
#define atomic_andnot(bits, word) \
	({ \
		(atomic_andnot)(bits, word); \
		if (REGDIFF_IN("zfcp_erp_adapter_strategy_close")) \
			regdiff_reach(POINT_ERP_CLOSED, NULL); \
	})
/* The two updates of a first registration end with these. */
void regdiff_after_redo(spinlock_t *lock);
#define spin_unlock_irqrestore(lock, flags) \
	({ \
		(spin_unlock_irqrestore)(lock, flags); \
		if (REGDIFF_IN("zfcp_erp_adapter_strategy_alloc_shost")) \
			regdiff_after_redo(lock); \
	})
#undef kthread_run
#define kthread_run(function, data, fmt, ...) \
	(regdiff_fail(FAIL_ERP_THREAD, NULL) ? ERR_PTR(-ENOMEM) : ({ \
		struct task_struct *__task = kthread_create(function, data, fmt, ##__VA_ARGS__); \
		if (!IS_ERR(__task)) \
			wake_up_process(__task); \
		__task; \
	}))
#endif

#ifdef REGDIFF_FC
/* Draws: 0 unless a scenario says otherwise, as in the model. */
u32 regdiff_draw(const char *function, u32 bound);
#undef prandom_u32_max
#define prandom_u32_max(bound) regdiff_draw(__func__, bound)
#undef get_random_u32_below
#define get_random_u32_below(bound) regdiff_draw(__func__, bound)
#define wait_for_completion(completion) \
	({ \
		(wait_for_completion)(completion); \
		if (REGDIFF_IN("zfcp_fc_send_gpn_ft")) \
			regdiff_reach(POINT_SCAN_ANSWERED, NULL); \
	})
static inline void *regdiff_cache_zalloc(struct kmem_cache *cache, gfp_t flags, const char *function)
{
	u32 point = 0;

	if (!strcmp(function, "zfcp_fc_alloc_sg_env")) {
		/* The directory is open, and this is the first thing that is done with it. */
		regdiff_reach(POINT_SCAN_DIRECTORY, NULL);
		point = FAIL_GPN_FT_BUFFERS;
	} else if (!strcmp(function, "zfcp_fc_adisc")) {
		point = FAIL_LINK_TEST_REQUEST;
	} else if (!strcmp(function, "zfcp_fc_sym_name_update")) {
		point = FAIL_SYMBOLIC_NAME_REQUEST;
	}
	return point && regdiff_fail(point, NULL) ? NULL : kmem_cache_zalloc(cache, flags);
}
#undef kmem_cache_zalloc
#define kmem_cache_zalloc(cache, flags) regdiff_cache_zalloc(cache, flags, __func__)
static inline void *regdiff_gid_pn_alloc(mempool_t *pool, gfp_t flags)
{
	return regdiff_fail(FAIL_GID_PN_REQUEST, NULL) ? NULL : mempool_alloc(pool, flags);
}
/* The only pool of this file. */
#undef mempool_alloc
#define mempool_alloc(pool, flags) regdiff_gid_pn_alloc(pool, flags)
void regdiff_fc_host_post_event(struct Scsi_Host *shost, u32 number, enum fc_host_event_code code, u32 data);
#define fc_host_post_event(shost, number, code, data) regdiff_fc_host_post_event(shost, number, code, data)
#endif

#ifdef REGDIFF_FSF
bool regdiff_sync_fails(void);
static inline void *regdiff_kmalloc(size_t size, gfp_t flags, bool request)
{
	return request && regdiff_sync_fails() ? NULL : kmalloc(size, flags);
}
#undef kmalloc
#define kmalloc(size, flags) regdiff_kmalloc(size, flags, REGDIFF_IN("zfcp_fsf_alloc"))
bool regdiff_pool_fails(mempool_t *pool);
static inline void *regdiff_pool_alloc(mempool_t *pool, gfp_t flags)
{
	return regdiff_pool_fails(pool) ? NULL : mempool_alloc(pool, flags);
}
#undef mempool_alloc
#define mempool_alloc(pool, flags) regdiff_pool_alloc(pool, flags)
#endif

#ifdef REGDIFF_SCSI
struct Scsi_Host *regdiff_host_alloc(const struct scsi_host_template *template, int size);
int regdiff_add_host(struct Scsi_Host *shost, struct device *dev);
void regdiff_set_prot(struct Scsi_Host *shost, unsigned int mask);
static inline void *regdiff_kmalloc(size_t size, gfp_t flags, bool statistics)
{
	return statistics && regdiff_fail(FAIL_FC_STATS, NULL) ? NULL : kmalloc(size, flags);
}
#undef kmalloc
#define kmalloc(size, flags) regdiff_kmalloc(size, flags, REGDIFF_IN("zfcp_scsi_init_fc_host_stats"))
#define scsi_host_alloc(template, size) regdiff_host_alloc(template, size)
#define scsi_add_host(shost, dev) regdiff_add_host(shost, dev)
#define scsi_host_set_prot(shost, mask) regdiff_set_prot(shost, mask)
#define fc_remote_port_add(shost, channel, ids) \
	(regdiff_fail(FAIL_RPORT_ADD, to_ccwdev((shost)->shost_gendev.parent)) ? NULL : \
	 (fc_remote_port_add)(shost, channel, ids))
#endif

#ifdef REGDIFF_UNIT
#define scsi_scan_target(parent, ...) \
	({ regdiff_reach(POINT_LUN_SCAN, NULL); (scsi_scan_target)(parent, __VA_ARGS__); })
static inline void regdiff_write_unlock_irq(rwlock_t *lock, const char *function)
{
	write_unlock_irq(lock);
	if (!strcmp(function, "zfcp_unit_remove"))
		regdiff_reach(POINT_UNIT_REMOVE, NULL);
}
#undef write_unlock_irq
#define write_unlock_irq(lock) regdiff_write_unlock_irq(lock, __func__)
#endif

#endif
