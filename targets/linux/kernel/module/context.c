// SPDX-License-Identifier: GPL-2.0-only
/* In which context of the model's something happens: told by brackets, by the kind of task, by the work it does. */
#include <linux/export.h>
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "regdiff.h"

/* One CPU, no preemption, and nothing sleeps between its brackets: one stack is enough. */
static u32 entered[8];
static unsigned int depth;

void regdiff_enter(u32 context)
{
	if (depth < ARRAY_SIZE(entered))
		entered[depth] = context;
	depth++;
}
EXPORT_SYMBOL_GPL(regdiff_enter);

void regdiff_leave(u32 context)
{
	depth--;
}
EXPORT_SYMBOL_GPL(regdiff_leave);

/* Works by the name of their function, in front of a possible module name. */
static const struct {
	const char *function;
	u32 context;
} works[] = {
	{ "fc_scsi_scan_rport", DOOR_CTX_SCSI_WQ },
	{ "zfcp_unit_scsi_scan_work", DOOR_CTX_SCSI_WQ },
	{ "fc_starget_delete", DOOR_CTX_FC_WQ },
	{ "fc_rport_final_delete", DOOR_CTX_FC_WQ },
	{ "fc_timeout_deleted_rport", DOOR_CTX_FC_DL },
	{ "fc_timeout_fail_rport_io", DOOR_CTX_FC_DL },
	{ "async_run_entry_fn", DOOR_CTX_SD_PROBE },
	{ "scmd_eh_abort_handler", DOOR_CTX_SCSI_TMF },
	{ "regdiff_eh_abort_handler", DOOR_CTX_SCSI_TMF },
	{ "zfcp_", DOOR_CTX_ADAPTER_WQ },
	{ "_zfcp_", DOOR_CTX_ADAPTER_WQ },
	{ "regdiff_", DOOR_CTX_ADAPTER_WQ },
};

static u32 context_of_work(struct work_struct *work)
{
	static work_func_t last;
	static u32 last_context;
	char name[KSYM_SYMBOL_LEN];
	unsigned int n;

	if (!work)
		return DOOR_CTX_OTHER;
	if (work->func == last)
		return last_context;
	sprint_symbol_no_offset(name, (unsigned long)work->func);
	last = work->func;
	last_context = DOOR_CTX_OTHER;
	for (n = 0; n < ARRAY_SIZE(works); n++) {
		if (str_has_prefix(name, works[n].function)) {
			last_context = works[n].context;
			break;
		}
	}
	return last_context;
}

u32 regdiff_context(void)
{
	if (depth && depth <= ARRAY_SIZE(entered))
		return entered[depth - 1];
	if (in_hardirq())
		return DOOR_CTX_TIMER;
	/* Completions run in soft interrupts; the driver's timers are bracketed where it can be told. */
	if (in_serving_softirq())
		return DOOR_CTX_RESPONSE;
	if (current->flags & PF_WQ_WORKER)
		return context_of_work(current_work());
	if (!(current->flags & PF_KTHREAD) || str_has_prefix(current->comm, "regdiff_down"))
		return DOOR_CTX_USER;
	if (str_has_prefix(current->comm, "zfcperp"))
		return DOOR_CTX_ERP;
	if (str_has_prefix(current->comm, "scsi_eh_"))
		return DOOR_CTX_SCSI_EH;
	return DOOR_CTX_OTHER;
}
EXPORT_SYMBOL_GPL(regdiff_context);

/* Tasks that work for a device, as the stand-ins told. */
static struct {
	struct task_struct *task;
	struct ccw_device *cdev;
} working[32];

/* `cdev` NULL: no more. */
void regdiff_works_for(struct ccw_device *cdev)
{
	unsigned int n, spare = ARRAY_SIZE(working);

	for (n = 0; n < ARRAY_SIZE(working); n++) {
		if (working[n].task == current) {
			working[n].cdev = cdev;
			if (!cdev)
				working[n].task = NULL;
			return;
		}
		if (!working[n].task && spare == ARRAY_SIZE(working))
			spare = n;
	}
	if (cdev && spare < ARRAY_SIZE(working)) {
		working[spare].task = current;
		working[spare].cdev = cdev;
	}
}
EXPORT_SYMBOL_GPL(regdiff_works_for);

struct ccw_device *regdiff_worked_for(void)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(working); n++)
		if (working[n].task == current)
			return working[n].cdev;
	return NULL;
}
EXPORT_SYMBOL_GPL(regdiff_worked_for);

void regdiff_forget(struct task_struct *task)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(working); n++)
		if (working[n].task == task)
			working[n].task = NULL;
}
EXPORT_SYMBOL_GPL(regdiff_forget);
