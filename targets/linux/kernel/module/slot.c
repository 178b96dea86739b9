// SPDX-License-Identifier: GPL-2.0-only
/* Request memory as it is: sizes when a host's tag set is made or its mask changes, pointers when a command reaches the driver. */
#include <linux/blk-mq.h>
#include <linux/export.h>
#include <linux/xarray.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "regdiff.h"

/* Commands seen, by address: each request is told once. */
static DEFINE_XARRAY(seen);

static void fill(struct door_slot *slot, struct Scsi_Host *shost)
{
	slot->cmd_size = shost->tag_set.cmd_size;
	slot->prot_capabilities = shost->prot_capabilities;
	slot->nr_requests = shost->tag_set.queue_depth;
}

void regdiff_slot_host(struct Scsi_Host *shost)
{
	struct door_slot slot = { .why = 0 };

	fill(&slot, shost);
	regdiff_tell(DOOR_EV_SLOT, regdiff_index(regdiff_device_of_host(shost)), &slot, sizeof(slot));
}
EXPORT_SYMBOL_GPL(regdiff_slot_host);

void regdiff_slot_command(struct scsi_cmnd *command)
{
	unsigned long key = (unsigned long)command >> 3;
	struct door_slot slot = { .why = 1 };

	if (xa_load(&seen, key))
		return;
	xa_store(&seen, key, xa_mk_value(1), GFP_ATOMIC);
	fill(&slot, command->device->host);
	slot.prot_sdb = (u64)(uintptr_t)command->prot_sdb;
	slot.command = (u64)(uintptr_t)command;
	slot.prot_op = command->prot_op;
	slot.opcode = command->cmnd[0];
	regdiff_tell(DOOR_EV_SLOT, regdiff_index(regdiff_device_of_host(command->device->host)), &slot, sizeof(slot));
}
EXPORT_SYMBOL_GPL(regdiff_slot_command);
