/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queued direct I/O: buffer lists and calls with the names and bits of s390. What a buffer element looks like is
 * architecture; an address in it is what virt_to_phys gives.
 */
#ifndef REGDIFF_ASM_QDIO_H
#define REGDIFF_ASM_QDIO_H

#include <linux/interrupt.h>
#include <linux/types.h>
#include <asm/io.h>
#include <asm/ccwdev.h>

#define QDIO_MAX_QUEUES_PER_IRQ		4
#define QDIO_MAX_BUFFERS_PER_Q		128
#define QDIO_MAX_BUFFERS_MASK		(QDIO_MAX_BUFFERS_PER_Q - 1)
#define QDIO_MAX_ELEMENTS_PER_BUFFER	16

#define QDIO_ZFCP_QFMT			1

#define QDR_AC_MULTI_BUFFER_ENABLE	0x01
#define QIB_RFLAGS_ENABLE_DATA_DIV	0x02

#define SBAL_EFLAGS_LAST_ENTRY		0x40
#define SBAL_EFLAGS_MASK		0x6f

#define SBAL_SFLAGS0_TYPE_STATUS	0x00
#define SBAL_SFLAGS0_COMMAND		0x02
#define SBAL_SFLAGS0_MORE_SBALS		0x04
#define SBAL_SFLAGS0_TYPE_WRITE		0x08
#define SBAL_SFLAGS0_TYPE_READ		0x10
#define SBAL_SFLAGS0_TYPE_WRITE_READ	0x18
#define SBAL_SFLAGS0_DATA_CONTINUATION	0x20
#define SBAL_SFLAGS0_PCI_REQ		0x40

#define CHSC_AC2_MULTI_BUFFER_AVAILABLE	0x0080
#define CHSC_AC2_MULTI_BUFFER_ENABLED	0x0040
#define CHSC_AC2_DATA_DIV_AVAILABLE	0x0010
#define CHSC_AC2_DATA_DIV_ENABLED	0x0002

#define QDIO_ERROR_ACTIVATE		0x0001
#define QDIO_ERROR_GET_BUF_STATE	0x0002
#define QDIO_ERROR_SET_BUF_STATE	0x0004
#define QDIO_ERROR_FATAL		0x00ff
#define QDIO_ERROR_SLSB_STATE		0x0100
#define QDIO_ERROR_SLSB_PENDING		0x0200

#define QDIO_FLAG_CLEANUP_USING_CLEAR	0x01
#define QDIO_FLAG_CLEANUP_USING_HALT	0x02

/* Channel addresses have a type of their own in newer trees; numbers are the same. */
typedef u64 dma64_t;
#define u64_to_dma64(x)		((dma64_t)(x))
#define dma64_to_u64(x)		((u64)(x))
#define virt_to_dma64(p)	((dma64_t)virt_to_phys(p))
#define dma64_to_virt(a)	phys_to_virt(a)

struct qdio_buffer_element {
	u8 eflags;
	u8 res1;
	u8 scount;
	u8 sflags;
	u32 length;
	dma64_t addr;
} __packed __aligned(16);

struct qdio_buffer {
	struct qdio_buffer_element element[QDIO_MAX_ELEMENTS_PER_BUFFER];
} __packed __aligned(256);

/* Only what a driver asks it for. */
struct qdio_ssqd_desc {
	u8 qdioac1;
	u16 qdioac2;
};

struct qaob;

typedef void qdio_handler_t(struct ccw_device *cdev, unsigned int error, int queue, int first, int count,
			    unsigned long parm);

struct qdio_initialize {
	unsigned char q_format;
	unsigned char qdr_ac;
	unsigned char qib_rflags;
	unsigned int no_input_qs;
	unsigned int no_output_qs;
	qdio_handler_t *input_handler;
	qdio_handler_t *output_handler;
	void (*irq_poll)(struct ccw_device *cdev, unsigned long parm);
	unsigned long int_parm;
	struct qdio_buffer ***input_sbal_addr_array;
	struct qdio_buffer ***output_sbal_addr_array;
};

int qdio_alloc_buffers(struct qdio_buffer **buffers, unsigned int count);
void qdio_free_buffers(struct qdio_buffer **buffers, unsigned int count);
int qdio_allocate(struct ccw_device *cdev, unsigned int inputs, unsigned int outputs);
int qdio_establish(struct ccw_device *cdev, struct qdio_initialize *init);
int qdio_get_ssqd_desc(struct ccw_device *cdev, struct qdio_ssqd_desc *desc);
int qdio_activate(struct ccw_device *cdev);
int qdio_start_irq(struct ccw_device *cdev);
int qdio_stop_irq(struct ccw_device *cdev);
int qdio_inspect_input_queue(struct ccw_device *cdev, unsigned int nr, unsigned int *first, unsigned int *error);
int qdio_inspect_output_queue(struct ccw_device *cdev, unsigned int nr, unsigned int *first, unsigned int *error);
int qdio_add_bufs_to_input_queue(struct ccw_device *cdev, unsigned int nr, unsigned int first, unsigned int count);
int qdio_add_bufs_to_output_queue(struct ccw_device *cdev, unsigned int nr, unsigned int first, unsigned int count,
				  struct qaob *aob);
int qdio_shutdown(struct ccw_device *cdev, int how);
int qdio_free(struct ccw_device *cdev);

#endif
