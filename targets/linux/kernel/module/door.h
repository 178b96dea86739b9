/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door between the fake channel subsystem and the firmware.
 *
 * The module is hardware without a mind: it carries requests out and answers in. What is answered is decided by the
 * guest program, which runs the same channel as the model lane (targets/channel), so the two lanes cannot disagree about
 * the firmware. Both sides of the door run on one CPU in virtual time; a round trip costs none of it.
 *
 * /dev/regdiff can be opened once. read() returns whole records (kernel to guest), write() takes whole records (guest to
 * kernel, several at once are allowed). A record is a struct door_record and `length` bytes, little endian, packed, padded to 8 bytes with zeroes.
 * The Rust side is targets/linux/guest/src/door.rs; a test holds the numbers together.
 */
#ifndef REGDIFF_DOOR_H
#define REGDIFF_DOOR_H

#include <linux/types.h>

#define DOOR_VERSION 1
#define DOOR_MINOR_NAME "regdiff"

/* Longest record, header included. Data that does not fit is left out (DOOR_SEGMENT_LEFT_OUT). */
#define DOOR_MAX_RECORD (4u << 20)

struct door_record {
	__u32 kind;	/* DOOR_EV_* or DOOR_DO_* */
	__u32 length;	/* of what follows, padding not counted */
	__u64 time_us;	/* virtual time since boot; 0 from the guest */
	__u32 device;	/* index of the FCP device, in the order of DOOR_DO_ADD_DEVICE; ~0 if none */
	__u32 context;	/* DOOR_CTX_* of the context in which it happened; 0 from the guest */
} __attribute__((packed));

/* Contexts; the numbers of scenario::schedule::Context. */
#define DOOR_CTX_USER		0
#define DOOR_CTX_ERP		1
#define DOOR_CTX_ADAPTER_WQ	2
#define DOOR_CTX_SCSI_WQ	3
#define DOOR_CTX_FC_WQ		4
#define DOOR_CTX_FC_DL		5
#define DOOR_CTX_SD_PROBE	6
#define DOOR_CTX_RESPONSE	7
#define DOOR_CTX_TIMER		8
#define DOOR_CTX_NOTIFY		9
#define DOOR_CTX_SCSI_EH	10
#define DOOR_CTX_SCSI_TMF	11
#define DOOR_CTX_OTHER		255

/* ---- kernel to guest ---- */

/* Once, first: struct door_hello. */
#define DOOR_EV_HELLO		1
/* Queues activated: __u32 epoch (counts openings of this device, from 1). */
#define DOOR_EV_OPENED		2
/* Queues shut down: __u32 epoch. Answers to requests of this or an earlier epoch are dropped by the module. */
#define DOOR_EV_CLOSED		3
/* A request, as it was when the driver sent it: struct door_request, then its segments. */
#define DOOR_EV_REQUEST		4
/* A record of the driver's recovery trace area: struct door_trace. */
#define DOOR_EV_TRACE		5
/* A named point was reached and is armed: struct door_point. Its context waits for DOOR_DO_RELEASE if `waits`. */
#define DOOR_EV_POINT		6
/* An armed failure happened: struct door_failed. */
#define DOOR_EV_FAILED		7
/* A write of the guest is done that had a cookie: struct door_done. */
#define DOOR_EV_DONE		8
/* An FC event that fc_host_post_event was called with: struct door_fc_event. */
#define DOOR_EV_FC		9
/* Sizes and places of a host's request memory, when its tag set was allocated or its mask changed: struct door_slot. */
#define DOOR_EV_SLOT		10

struct door_hello {
	__u32 version;
	__u32 linux_version;	/* LINUX_VERSION_CODE */
	__u32 early;		/* 1: the host is registered when the adapter is enqueued */
	__u32 reserved;
} __attribute__((packed));

struct door_request {
	__u32 epoch;
	__u32 tag;		/* counts requests of the epoch, from 1; names it in DOOR_DO_ANSWER */
	__u64 req_id;		/* the driver's name for it */
	__u8 sbtype;		/* the type bits of the first SBALE's flags: 0x08 read, 0x10 write, 0x18 write/read, 0x20 status... as the driver set them */
	__u8 sbals;		/* SBALs taken */
	__u16 segments;
	__u32 reserved;
} __attribute__((packed));

/*
 * One SBALE with a non-zero length, in order, the first one (which carries the request id) left out.
 * The QTCB is the first segment of everything but a status read. `stored` bytes follow, padded to 8: all of `length` for the
 * QTCB and for what the driver sends (SBAL types write, write/read), 0 for memory that only receives.
 */
struct door_segment {
	__u64 address;		/* kernel address: what DOOR_DO_ANSWER stores to */
	__u32 length;
	__u32 stored;
	__u32 sbal;		/* index of its SBAL within the request */
	__u32 flags;		/* DOOR_SEGMENT_* */
} __attribute__((packed));
#define DOOR_SEGMENT_LEFT_OUT	1

struct door_trace {
	char tag[8];		/* seven characters and a zero */
	__u8 id;		/* 1 trigger, 2 run, others as the driver numbers them */
	__u8 want;
	__u8 need;
	__u8 reserved;
	__u32 adapter_status;
	__u32 port_status;
	__u32 lun_status;
	__u32 d_id;
	__u32 ready;
	__u32 running;
	__u64 wwpn;
	__u64 lun;		/* as in sysfs */
} __attribute__((packed));

struct door_point {
	__u32 point;		/* number of scenario::schedule::Point */
	__u32 nth;		/* which occurrence on this device, from 1 */
	__u32 waits;
	__u32 reserved;
} __attribute__((packed));

struct door_failed {
	__u32 point;		/* number of scenario::FailPoint */
	__u32 cookie;		/* of DOOR_DO_FAIL */
} __attribute__((packed));

struct door_done {
	__u32 cookie;
	__s32 result;
} __attribute__((packed));

struct door_fc_event {
	__u32 code;
	__u32 data;
} __attribute__((packed));

struct door_slot {
	__u32 why;		/* 0: tag set allocated, 1: first command of a request seen by the driver */
	__u32 cmd_size;
	__u32 prot_capabilities;
	__u32 nr_requests;
	__u64 prot_sdb;		/* why 1: the value of prot_sdb */
	__u64 command;		/* why 1: address of the scsi_cmnd */
	__u32 prot_op;
	__u32 opcode;
} __attribute__((packed));

/* ---- guest to kernel ---- */

/* Create a ccw device: struct door_add_device. Index = order of calls. Before the driver is loaded. */
#define DOOR_DO_ADD_DEVICE	64
/* Answer a request: struct door_answer and its stores. Dropped silently if its epoch is over. */
#define DOOR_DO_ANSWER		65
/* The queue layer reports an error: struct door_queue_error. */
#define DOOR_DO_QUEUE_ERROR	66
/* The channel subsystem notifies the driver: struct door_notify; answered by DOOR_EV_DONE. */
#define DOOR_DO_NOTIFY		67
/* The machine shuts down as far as this device goes (driver's shutdown callback): __u32 cookie; answered by DOOR_EV_DONE. */
#define DOOR_DO_SHUTDOWN	68
/* A response names a request that does not exist: no payload. The driver panics. */
#define DOOR_DO_UNKNOWN_ID	69
/* The nth allocation or registration of a kind will fail: struct door_fail. */
#define DOOR_DO_FAIL		70
/* Tell when a point is reached, and wait there: struct door_arm. */
#define DOOR_DO_ARM		71
/* Let the context that waits at a point go on: struct door_point (point, nth). */
#define DOOR_DO_RELEASE		72

struct door_add_device {
	__u16 devno;		/* bus id 0.0.<devno> */
	__u16 queues;		/* what the queue layer offers for it: DOOR_QUEUES_* */
	__u32 reserved2;
} __attribute__((packed));

#define DOOR_QUEUES_MULTI_BUFFER	1
#define DOOR_QUEUES_DATA_DIVISION	2

struct door_answer {
	__u32 epoch;
	__u32 tag;
	__u64 delay_us;		/* from now; answers of equal time are delivered in the order of writing */
	__u32 stores;
	__u32 reserved;
} __attribute__((packed));

/* Done when the answer is delivered. `length` bytes follow, padded to 8. Must lie within a segment of the request. */
struct door_store {
	__u64 address;
	__u32 length;
	__u32 reserved;
} __attribute__((packed));

struct door_queue_error {
	__u32 output;		/* 0: response queue, 1: request queue */
	__u32 error;		/* QDIO_ERROR_* bits as in asm/qdio.h of s390 */
	__u32 count;		/* SBALs it names */
	__u32 reserved;
} __attribute__((packed));

struct door_notify {
	__u32 event;		/* CIO_* as in asm/ccwdev.h of s390; 100: channel-path event */
	__u32 cookie;
} __attribute__((packed));

struct door_fail {
	__u32 point;
	__u32 nth;
	__u32 cookie;
	__u32 reserved;
} __attribute__((packed));

struct door_arm {
	__u32 point;
	__u32 nth;		/* counted from now */
	__u32 waits;
	__u32 reserved;
} __attribute__((packed));

/*
 * What still has to happen, apart from device-loss timers: a mask of DOOR_BUSY_*, 0 at rest. Argument: a pointer to where it goes.
 * At rest means what it means in the model: nothing is left to run but device-loss timers.
 */
#define DOOR_IOC_BUSY		_IOR('R', 1, __u32)
#define DOOR_BUSY_ERP		0x001	/* recovery is running or wanted */
#define DOOR_BUSY_ADAPTER_WORK	0x002	/* a work of an adapter, port or unit is queued or runs */
#define DOOR_BUSY_REQUEST	0x004	/* an FSF request is outstanding, status reads apart */
#define DOOR_BUSY_SCSI_SCAN	0x008	/* scan work, target or rport deletion */
#define DOOR_BUSY_PROBE		0x010	/* asynchronous disk probe */
#define DOOR_BUSY_EH		0x020	/* error handler or abort work */
#define DOOR_BUSY_IO		0x040	/* a SCSI command is in flight */
#define DOOR_BUSY_ANSWER	0x080	/* an answer of the firmware is on its way, or a record is unread */
#define DOOR_BUSY_POINT		0x100	/* a context waits at a point */
#define DOOR_BUSY_LOSS_TIMER	0x200	/* a device-loss or fast-io-fail timer runs; the only bit that rest allows, settled does not */

#endif
