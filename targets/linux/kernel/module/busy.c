// SPDX-License-Identifier: GPL-2.0-only
/*
 * What still has to happen. Looks into the driver's own structures, by the tree's headers, into works, hosts and remote
 * ports. One CPU and no preemption: who asks is running, so nothing moves while we look.
 */
#include <linux/blk-mq.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_fc.h>

#include "regdiff.h"
#include "zfcp_ext.h"
#include "zfcp_reqlist.h"

/* The adapter of a bound device. The driver keeps it in the device, and takes it away when it lets it go. */
static struct zfcp_adapter *adapter_of(struct ccw_device *cdev)
{
	return cdev->drv ? dev_get_drvdata(&cdev->dev) : NULL;
}

struct ccw_device *regdiff_device_of_host(struct Scsi_Host *shost)
{
	struct zfcp_adapter *adapter = (struct zfcp_adapter *)shost->hostdata[0];

	return adapter ? adapter->ccw_device : NULL;
}

static bool wka_busy(struct zfcp_fc_wka_port *wka)
{
	return work_busy(&wka->work.work);
}

static u32 adapter_works(struct zfcp_adapter *adapter)
{
	struct zfcp_port *port;
	struct zfcp_unit *unit;
	u32 busy = 0;

	if (work_busy(&adapter->scan_work.work) || work_busy(&adapter->stat_work) || work_busy(&adapter->ns_up_work) ||
	    work_busy(&adapter->events.work) || work_busy(&adapter->version_change_lost_work))
		busy |= DOOR_BUSY_ADAPTER_WORK;
	if (adapter->gs && (wka_busy(&adapter->gs->ms) || wka_busy(&adapter->gs->ts) || wka_busy(&adapter->gs->ds) ||
			    wka_busy(&adapter->gs->as)))
		busy |= DOOR_BUSY_ADAPTER_WORK;
	list_for_each_entry(port, &adapter->port_list, list) {
		if (work_busy(&port->gid_pn_work) || work_busy(&port->test_link_work) || work_busy(&port->rport_work))
			busy |= DOOR_BUSY_ADAPTER_WORK;
		list_for_each_entry(unit, &port->unit_list, list)
			if (work_busy(&unit->scsi_work))
				busy |= DOOR_BUSY_SCSI_SCAN;
	}
	return busy;
}

static bool requests_outstanding(struct zfcp_adapter *adapter)
{
	struct zfcp_fsf_req *req;
	unsigned int n;

	if (!adapter->req_list)
		return false;
	for (n = 0; n < ZFCP_REQ_LIST_BUCKETS; n++)
		list_for_each_entry(req, &adapter->req_list->buckets[n], list)
			if (req->qtcb)
				return true;
	return false;
}

/* A timer that waits is a loss timer; a work that runs is a deletion. */
static u32 timer_work(struct delayed_work *work)
{
	unsigned int state = work_busy(&work->work);

	if (state & WORK_BUSY_RUNNING)
		return DOOR_BUSY_SCSI_SCAN;
	return state ? DOOR_BUSY_LOSS_TIMER : 0;
}

static u32 rports_busy(struct list_head *rports)
{
	struct fc_rport *rport;
	u32 busy = 0;

	/* Zeroes until the transport set the host up. */
	if (!rports->next)
		return 0;
	list_for_each_entry(rport, rports, peers) {
		if (work_busy(&rport->scan_work) || work_busy(&rport->stgt_delete_work) ||
		    work_busy(&rport->rport_delete_work))
			busy |= DOOR_BUSY_SCSI_SCAN;
		busy |= timer_work(&rport->dev_loss_work) | timer_work(&rport->fail_io_work);
	}
	return busy;
}

static bool count_request(struct request *request, void *count)
{
	++*(unsigned int *)count;
	return true;
}

/* Queues that run again after a while: busy hosts and devices are tried again by a timer. */
static bool queues_busy(struct Scsi_Host *shost)
{
	struct blk_mq_hw_ctx *hctx;
	struct scsi_device *sdev;
	unsigned long flags, n;
	bool busy = false;

	spin_lock_irqsave(shost->host_lock, flags);
	__shost_for_each_device(sdev, shost) {
		if (!sdev->request_queue)
			continue;
		busy |= work_busy(&sdev->request_queue->requeue_work.work);
		queue_for_each_hw_ctx(sdev->request_queue, hctx, n)
			busy |= work_busy(&hctx->run_work.work);
	}
	spin_unlock_irqrestore(shost->host_lock, flags);
	return busy;
}

static u32 host_busy(struct Scsi_Host *shost)
{
	unsigned int commands = 0;
	u32 busy = 0;

	if (shost->shost_data && shost->transportt)
		busy |= rports_busy(&fc_host_rports(shost)) | rports_busy(&fc_host_rport_bindings(shost));
	if (shost->shost_state == SHOST_RECOVERY || shost->shost_state == SHOST_CANCEL_RECOVERY ||
	    shost->shost_state == SHOST_DEL_RECOVERY || shost->host_failed || shost->host_eh_scheduled)
		busy |= DOOR_BUSY_EH;
	if (shost->shost_state == SHOST_CREATED || shost->shost_state == SHOST_DEL || !shost->tag_set.tags)
		return busy;
	blk_mq_tagset_busy_iter(&shost->tag_set, count_request, &commands);
	if (commands || queues_busy(shost))
		busy |= DOOR_BUSY_IO;
	return busy;
}

/*
 * A worker that does something, runnable or asleep in the middle of it. Queuing wakes a worker, so this sees every work
 * that is due, on whatever queue: target and rport deletions, which leave the lists before they are done, among them.
 */
static bool workers_busy(void)
{
	struct task_struct *task;
	bool busy = false;

	rcu_read_lock();
	for_each_process(task) {
		if (!(task->flags & PF_WQ_WORKER) || task == current)
			continue;
		if (!(READ_ONCE(task->__state) & TASK_NOLOAD)) {
			busy = true;
			break;
		}
	}
	rcu_read_unlock();
	return busy;
}

static u32 device_busy(struct ccw_device *cdev)
{
	struct zfcp_adapter *adapter = adapter_of(cdev);
	u32 busy = regdiff_answers_pending(cdev) ? DOOR_BUSY_ANSWER : 0;

	/* An adapter is in place when its recovery thread is; before, its lists are not. */
	if (!adapter || !adapter->qdio)
		return busy;
	if (atomic_read(&adapter->status) & ZFCP_STATUS_ADAPTER_ERP_PENDING || !list_empty(&adapter->erp_ready_head) ||
	    !list_empty(&adapter->erp_running_head))
		busy |= DOOR_BUSY_ERP;
	busy |= adapter_works(adapter);
	if (requests_outstanding(adapter))
		busy |= DOOR_BUSY_REQUEST;
	if (adapter->scsi_host)
		busy |= host_busy(adapter->scsi_host);
	return busy;
}

u32 regdiff_busy(void)
{
	struct ccw_device *cdev;
	u32 busy = 0, index;

	for (index = 0; (cdev = regdiff_device(index)); index++)
		busy |= device_busy(cdev);
	if (workers_busy())
		busy |= DOOR_BUSY_SCSI_SCAN;
	if (regdiff_records_unread())
		busy |= DOOR_BUSY_ANSWER;
	if (regdiff_points_waiting())
		busy |= DOOR_BUSY_POINT;
	return busy;
}
