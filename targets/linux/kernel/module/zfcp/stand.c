// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that stand where the driver's files call each other: each calls the real one. They tell points, make armed failures
 * happen, say for which device a task works, and register the host early if that is what this boot is for.
 */
#include <linux/module.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_fc.h>

#include "regdiff.h"
#include "stand.h"
#include "zfcp_ext.h"
#include "zfcp_diag.h"

#include "zfcp/stand_in.h"

static struct ccw_device *cdev_of(struct zfcp_adapter *adapter)
{
	return adapter->ccw_device;
}

/* ---- zfcp_ccw.c ---- */

/* Set while the host is registered ahead of its time. */
static bool ahead;

struct zfcp_adapter *regdiff_adapter_enqueue(struct ccw_device *cdev)
{
	struct zfcp_adapter *adapter;
	int ret = 0;

	regdiff_works_for(cdev);
	adapter = zfcp_adapter_enqueue(cdev);
	if (!IS_ERR(adapter) && regdiff_early) {
		ahead = true;
		ret = zfcp_scsi_adapter_register(adapter);
		ahead = false;
		if (ret) {
			/* The kernels that registered here undid the whole adapter. */
			zfcp_adapter_unregister(adapter);
			adapter = ERR_PTR(-ENOMEM);
		}
	}
	if (!IS_ERR(adapter))
		regdiff_reach(POINT_ONLINE_ENQUEUED, cdev);
	regdiff_works_for(NULL);
	return adapter;
}

/*
 * Before the deferral the template's limits held until the queues opened; the driver's own registration computes them from queues
 * that an early host does not have yet.
 */
void regdiff_qdio_shost_update(struct zfcp_adapter *const adapter, const struct zfcp_qdio *const qdio)
{
	if (!ahead)
		zfcp_qdio_shost_update(adapter, qdio);
}

void regdiff_ccw_adapter_reopen(struct zfcp_adapter *adapter, int clear, char *tag)
{
	zfcp_erp_adapter_reopen(adapter, clear, tag);
	if (!irqs_disabled())
		regdiff_reach(POINT_ONLINE_TRIGGERED, cdev_of(adapter));
}

/* The task that is between set_online's sleep and its wait: set_offline and shutdown wait too, and are no points. */
static struct task_struct *activating;

void regdiff_backoff(struct ccw_device *cdev)
{
	regdiff_reach(POINT_ONLINE_BACKOFF, cdev);
	activating = current;
}

void regdiff_ccw_erp_wait(struct zfcp_adapter *adapter)
{
	bool online = activating == current;

	if (online)
		activating = NULL;
	zfcp_erp_wait(adapter);
	if (online)
		regdiff_reach(POINT_ONLINE_RECOVERED, cdev_of(adapter));
}

/* ---- zfcp_erp.c ---- */

int regdiff_qdio_open(struct zfcp_qdio *qdio)
{
	struct ccw_device *cdev = cdev_of(qdio->adapter);
	int ret;

	/* The recovery thread of an adapter works for nobody else. */
	regdiff_works_for(cdev);
	regdiff_reach(POINT_ERP_OPEN, cdev);
	ret = zfcp_qdio_open(qdio);
	if (!ret)
		regdiff_reach(POINT_ERP_QDIO_OPEN, cdev);
	return ret;
}

/*
 * A tasklet that is scheduled and then disabled spins for ever in a machine whose time stands still: what the open
 * scheduled runs before a close disables it. It runs here and now, as it would have on another processor: a sleep would
 * last a tick or two, in which timers run out that no reader of the driver would expect.
 */
static bool tasklets_wait(struct zfcp_qdio *qdio)
{
	return test_bit(TASKLET_STATE_SCHED, &qdio->irq_tasklet.state) ||
	       test_bit(TASKLET_STATE_SCHED, &qdio->request_tasklet.state);
}

static void let_tasklets_run(struct zfcp_qdio *qdio)
{
	unsigned int tries;

	for (tries = 0; tries < 1000 && tasklets_wait(qdio); tries++) {
		/* Leaving this bracket runs soft interrupts; when they were handed to their thread, that one must run. */
		local_bh_disable();
		local_bh_enable();
		if (tasklets_wait(qdio))
			schedule_timeout_uninterruptible(1);
	}
}

void regdiff_qdio_close(struct zfcp_qdio *qdio)
{
	regdiff_works_for(cdev_of(qdio->adapter));
	regdiff_reach(POINT_ERP_CLOSE, cdev_of(qdio->adapter));
	if (atomic_read(&qdio->adapter->status) & ZFCP_STATUS_ADAPTER_QDIOUP)
		let_tasklets_run(qdio);
	zfcp_qdio_close(qdio);
}

/* Which of the two pools it is says where the open stands; a failure is one of the open, not of a pool. */
int regdiff_pool_resize(mempool_t *pool, int elements)
{
	struct ccw_device *cdev = regdiff_worked_for();
	struct zfcp_adapter *adapter = cdev ? dev_get_drvdata(&cdev->dev) : NULL;
	int ret;

	if (adapter && pool == adapter->pool.sr_data) {
		regdiff_reach(POINT_ERP_PTP_PORT, cdev);
		if (regdiff_fail(FAIL_POOL_RESIZE, cdev))
			return -ENOMEM;
	}
	ret = mempool_resize(pool, elements);
	if (!ret && adapter && pool == adapter->pool.status_read_req)
		regdiff_reach(POINT_ERP_POOLS_RESIZED, cdev);
	return ret;
}

/* Whether a recovery thread has taken its lock for the first time in this strategy; one thread an adapter. */
static struct {
	struct zfcp_adapter *adapter;
	struct task_struct *task;
	unsigned int locks;
} strategies[4];

void regdiff_strategy_begins(struct kref *kref)
{
	struct zfcp_adapter *adapter = container_of(kref, struct zfcp_adapter, ref);
	unsigned int n;

	regdiff_works_for(cdev_of(adapter));
	for (n = 0; n < ARRAY_SIZE(strategies); n++) {
		if (strategies[n].task && strategies[n].task != current)
			continue;
		strategies[n].task = current;
		strategies[n].adapter = adapter;
		strategies[n].locks = 0;
		break;
	}
	regdiff_reach(POINT_ERP_STRATEGY, cdev_of(adapter));
}

/* Called before the lock is taken: the second time, the action is done. */
void regdiff_strategy_locks(void)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(strategies); n++)
		if (strategies[n].task == current && ++strategies[n].locks == 2)
			regdiff_reach(POINT_ERP_STRATEGY_DONE, cdev_of(strategies[n].adapter));
}

void regdiff_redo_link_down(struct zfcp_adapter *adapter)
{
	zfcp_fsf_fc_host_link_down(adapter);
	regdiff_reach(POINT_REDO_LINK_DOWN, cdev_of(adapter));
}

int regdiff_exchange_port_data(struct zfcp_erp_action *action)
{
	regdiff_reach(POINT_ERP_XCONF_DONE, cdev_of(action->adapter));
	return zfcp_fsf_exchange_port_data(action);
}

int regdiff_adapter_register(struct zfcp_adapter *adapter)
{
	regdiff_reach(POINT_ERP_XPORT_DONE, cdev_of(adapter));
	return zfcp_scsi_adapter_register(adapter);
}

void regdiff_after_redo(spinlock_t *lock)
{
	struct ccw_device *cdev = regdiff_worked_for();
	struct zfcp_adapter *adapter = cdev ? dev_get_drvdata(&cdev->dev) : NULL;

	if (!adapter)
		return;
	regdiff_reach(lock == &adapter->diagnostics->config_data.header.access_lock ? POINT_REDO_CONFIG : POINT_REDO_PORT,
		      cdev);
}

int regdiff_erp_status_read_refill(struct zfcp_adapter *adapter)
{
	int ret = zfcp_status_read_refill(adapter);

	regdiff_reach(POINT_ERP_STATUS_READS, cdev_of(adapter));
	return ret;
}

struct zfcp_port *regdiff_port_enqueue(struct zfcp_adapter *adapter, u64 wwpn, u32 status, u32 d_id)
{
	regdiff_works_for(cdev_of(adapter));
	return zfcp_port_enqueue(adapter, wwpn, status, d_id);
}

/* ---- zfcp_aux.c ---- */

void regdiff_fc_scan_ports(struct work_struct *work)
{
	struct zfcp_adapter *adapter = container_of(to_delayed_work(work), struct zfcp_adapter, scan_work);

	regdiff_works_for(cdev_of(adapter));
	regdiff_reach(POINT_SCAN_START, cdev_of(adapter));
	zfcp_fc_scan_ports(work);
	regdiff_works_for(NULL);
}

void regdiff_rport_work(struct work_struct *work)
{
	struct zfcp_port *port = container_of(work, struct zfcp_port, rport_work);

	regdiff_works_for(cdev_of(port->adapter));
	regdiff_reach(POINT_RPORT_WORK, NULL);
	/* Drops the port's reference: it may be gone afterwards. */
	zfcp_scsi_rport_work(work);
	regdiff_works_for(NULL);
}

/* Works that end in a request: the allocation of one fails for this device. */
static void work_for(struct zfcp_adapter *adapter, struct work_struct *work, work_func_t function)
{
	regdiff_works_for(cdev_of(adapter));
	function(work);
	regdiff_works_for(NULL);
}

void regdiff_did_lookup(struct work_struct *work)
{
	work_for(container_of(work, struct zfcp_port, gid_pn_work)->adapter, work, zfcp_fc_port_did_lookup);
}

void regdiff_link_test(struct work_struct *work)
{
	work_for(container_of(work, struct zfcp_port, test_link_work)->adapter, work, zfcp_fc_link_test_work);
}

void regdiff_symbolic_name(struct work_struct *work)
{
	work_for(container_of(work, struct zfcp_adapter, ns_up_work), work, zfcp_fc_sym_name_update);
}

/* Statistics are read by users through a table of functions: the table is ours, the function behind it the driver's. */
static struct fc_function_template functions_before;

static struct fc_host_statistics *statistics(struct Scsi_Host *shost)
{
	struct zfcp_adapter *adapter = (struct zfcp_adapter *)shost->hostdata[0];
	struct fc_host_statistics *result;

	regdiff_works_for(cdev_of(adapter));
	result = functions_before.get_fc_host_stats(shost);
	regdiff_works_for(NULL);
	return result;
}

struct scsi_transport_template *regdiff_attach_transport(struct fc_function_template *functions)
{
	functions_before = *functions;
	if (functions->get_fc_host_stats)
		functions->get_fc_host_stats = statistics;
	return fc_attach_transport(functions);
}

void regdiff_stat_work(struct work_struct *work)
{
	struct zfcp_adapter *adapter = container_of(work, struct zfcp_adapter, stat_work);

	regdiff_reach(POINT_STAT_WORK, cdev_of(adapter));
	zfcp_status_read_refill(adapter);
}

void regdiff_wka_ports_force_offline(struct zfcp_fc_wka_ports *ports)
{
	if (ports)
		regdiff_reach(POINT_UNREGISTER_WORKS, cdev_of(ports->ds.adapter));
	zfcp_fc_wka_ports_force_offline(ports);
}

/* The thread's memory may become another task's. */
void regdiff_erp_thread_kill(struct zfcp_adapter *adapter)
{
	struct task_struct *task = adapter->erp_thread;
	unsigned int n;

	zfcp_erp_thread_kill(adapter);
	if (!task)
		return;
	regdiff_forget(task);
	for (n = 0; n < ARRAY_SIZE(strategies); n++)
		if (strategies[n].task == task)
			strategies[n].task = NULL;
}

void regdiff_adapter_unregister_host(struct zfcp_adapter *adapter)
{
	zfcp_scsi_adapter_unregister(adapter);
	regdiff_reach(POINT_UNREGISTER_HOST, cdev_of(adapter));
}

/* ---- zfcp_fc.c ---- */

void regdiff_scan_erp_wait(struct zfcp_adapter *adapter)
{
	zfcp_erp_wait(adapter);
	regdiff_reach(POINT_SCAN_RECOVERED, cdev_of(adapter));
}

u32 regdiff_draw(const char *function, u32 bound)
{
	return 0;
}

void regdiff_fc_host_post_event(struct Scsi_Host *shost, u32 number, enum fc_host_event_code code, u32 data)
{
	struct door_fc_event event = { .code = code, .data = data };
	struct zfcp_adapter *adapter = (struct zfcp_adapter *)shost->hostdata[0];

	regdiff_tell(DOOR_EV_FC, regdiff_index(cdev_of(adapter)), &event, sizeof(event));
	fc_host_post_event(shost, number, code, data);
}

/* ---- zfcp_fsf.c ---- */

int regdiff_sbal_get(struct zfcp_qdio *qdio)
{
	int taken, ret;

	if (!regdiff_fail(FAIL_SBAL_GET, cdev_of(qdio->adapter)))
		return zfcp_qdio_sbal_get(qdio);
	/* Nobody gives a buffer back until the driver has given up. Queues that were closed and opened meanwhile have all of theirs. */
	taken = atomic_xchg(&qdio->req_q_free, 0);
	ret = zfcp_qdio_sbal_get(qdio);
	if (!atomic_read(&qdio->req_q_free) && (atomic_read(&qdio->adapter->status) & ZFCP_STATUS_ADAPTER_QDIOUP))
		atomic_add(taken, &qdio->req_q_free);
	return ret;
}

/* The task that makes a synchronous exchange, and for which device. */
static struct task_struct *synchronous;
static struct ccw_device *synchronous_cdev;

int regdiff_exchange_config_data_sync(struct zfcp_qdio *qdio, struct fsf_qtcb_bottom_config *data)
{
	synchronous = current;
	synchronous_cdev = cdev_of(qdio->adapter);
	return zfcp_fsf_exchange_config_data_sync(qdio, data);
}

int regdiff_exchange_port_data_sync(struct zfcp_qdio *qdio, struct fsf_qtcb_bottom_port *data)
{
	synchronous = current;
	synchronous_cdev = cdev_of(qdio->adapter);
	return zfcp_fsf_exchange_port_data_sync(qdio, data);
}

/* A request without a pool: the first that a synchronous exchange asks for is its own. */
bool regdiff_sync_fails(void)
{
	if (synchronous != current || in_interrupt())
		return false;
	synchronous = NULL;
	return regdiff_fail(FAIL_SYNC_REQUEST, synchronous_cdev);
}

/* In interrupts: there the device must be named. */
void regdiff_enqueue_event(struct zfcp_adapter *adapter, enum fc_host_event_code code, u32 data)
{
	if (!regdiff_fail(FAIL_EVENT_ALLOC, cdev_of(adapter)))
		zfcp_fc_enqueue_event(adapter, code, data);
}

bool regdiff_pool_fails(mempool_t *pool)
{
	struct ccw_device *cdev = regdiff_worked_for();
	struct zfcp_adapter *adapter = cdev ? dev_get_drvdata(&cdev->dev) : NULL;

	return adapter && pool == adapter->pool.erp_req && regdiff_fail(FAIL_ERP_REQUEST, cdev);
}

/* ---- zfcp_qdio.c ---- */

void regdiff_reqid_check(struct zfcp_qdio *qdio, int index)
{
	regdiff_enter(DOOR_CTX_RESPONSE);
	zfcp_fsf_reqid_check(qdio, index);
	regdiff_leave(DOOR_CTX_RESPONSE);
}

/* ---- zfcp_scsi.c ---- */

struct Scsi_Host *regdiff_host_alloc(const struct scsi_host_template *template, int size)
{
	if (regdiff_fail(FAIL_HOST_ALLOC, NULL))
		return NULL;
	return scsi_host_alloc((struct scsi_host_template *)template, size);
}

/* The driver knows its host by now; between the allocation and this it only fills it in. */
int regdiff_add_host(struct Scsi_Host *shost, struct device *dev)
{
	int ret;

	regdiff_reach(POINT_HOST_ALLOCATED, to_ccwdev(dev));
	ret = scsi_add_host(shost, dev);
	if (!ret) {
		regdiff_slot_host(shost);
		regdiff_reach(POINT_HOST_ADDED, to_ccwdev(dev));
	}
	return ret;
}

void regdiff_set_prot(struct Scsi_Host *shost, unsigned int mask)
{
	bool changed = shost->prot_capabilities != mask;

	scsi_host_set_prot(shost, mask);
	if (changed)
		regdiff_slot_host(shost);
}

int regdiff_fcp_cmnd(struct scsi_cmnd *command)
{
	struct zfcp_adapter *adapter = (struct zfcp_adapter *)command->device->host->hostdata[0];

	regdiff_slot_command(command);
	regdiff_reach(POINT_COMMAND_PREPARED, cdev_of(adapter));
	return zfcp_fsf_fcp_cmnd(command);
}

/* A remote port's work has taken its task, and this is the first that the task does. */
void regdiff_rport_task(char *tag, struct zfcp_adapter *adapter, struct zfcp_port *port, struct scsi_device *sdev, u8 want,
			u8 need)
{
	regdiff_reach(POINT_RPORT_TASK, cdev_of(adapter));
	zfcp_dbf_rec_trig_lock(tag, adapter, port, sdev, want, need);
}

/* ---- zfcp_sysfs.c ---- */

/* Only port_remove shuts a port down from here: the port is in no list any more. */
void regdiff_port_remove(struct zfcp_port *port, int clear, char *tag)
{
	regdiff_reach(POINT_PORT_REMOVE, cdev_of(port->adapter));
	zfcp_erp_port_shutdown(port, clear, tag);
}

int regdiff_unit_remove(struct zfcp_port *port, u64 lun)
{
	struct zfcp_adapter *adapter = port->adapter;
	int ret;

	regdiff_works_for(cdev_of(adapter));
	ret = zfcp_unit_remove(port, lun);
	regdiff_works_for(NULL);
	return ret;
}

int regdiff_unit_add(struct zfcp_port *port, u64 lun)
{
	int ret;

	regdiff_works_for(cdev_of(port->adapter));
	ret = zfcp_unit_add(port, lun);
	regdiff_works_for(NULL);
	return ret;
}
