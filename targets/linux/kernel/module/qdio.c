// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queued direct I/O without hardware: what the driver puts into its output queue goes through the door at once, answers of
 * the guest come back through the input queue, in interrupt context, at the virtual time they ask for.
 *
 * A buffer of the output queue is fetched when it is handed over: the next look at the queue finds it done. Memory that
 * a request names is remembered until its answer; an answer can store there and nowhere else.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "regdiff.h"
#include "stand.h"

#define BUFFERS QDIO_MAX_BUFFERS_PER_Q
#define TYPE_BITS (SBAL_SFLAGS0_TYPE_WRITE | SBAL_SFLAGS0_TYPE_READ)

static inline struct queues *queues_of(struct ccw_device *cdev)
{
	return &cdev->private->queues;
}

int qdio_alloc_buffers(struct qdio_buffer **buffers, unsigned int count)
{
	unsigned int n;

	for (n = 0; n < count; n++) {
		/* A power of two that slab aligns to its size. */
		buffers[n] = kzalloc(sizeof(struct qdio_buffer), GFP_KERNEL);
		if (!buffers[n]) {
			qdio_free_buffers(buffers, n);
			return -ENOMEM;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_alloc_buffers);

void qdio_free_buffers(struct qdio_buffer **buffers, unsigned int count)
{
	while (count--)
		kfree(buffers[count]);
}
EXPORT_SYMBOL_GPL(qdio_free_buffers);

int qdio_allocate(struct ccw_device *cdev, unsigned int inputs, unsigned int outputs)
{
	if (regdiff_fail(FAIL_QDIO_ALLOC, cdev))
		return -ENOMEM;
	queues_of(cdev)->allocated = true;
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_allocate);

int qdio_free(struct ccw_device *cdev)
{
	queues_of(cdev)->allocated = false;
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_free);

int qdio_establish(struct ccw_device *cdev, struct qdio_initialize *init)
{
	struct queues *q = queues_of(cdev);

	if (regdiff_fail(FAIL_QDIO_ESTABLISH, cdev))
		return -EIO;
	if (!q->allocated || q->established)
		return -EINVAL;
	/* No channel program runs on a device that is offline for the channel. */
	if (!cdev->private->channel_online)
		return -EIO;
	q->input = init->input_sbal_addr_array[0];
	q->output = init->output_sbal_addr_array[0];
	q->input_handler = init->input_handler;
	q->output_handler = init->output_handler;
	q->irq_poll = init->irq_poll;
	q->parm = init->int_parm;
	q->established = true;
	/* What the driver asks for and the queue layer offers. */
	cdev->private->enabled = 0;
	if (init->qdr_ac & QDR_AC_MULTI_BUFFER_ENABLE)
		cdev->private->enabled |= DOOR_QUEUES_MULTI_BUFFER;
	if (init->qib_rflags & QIB_RFLAGS_ENABLE_DATA_DIV)
		cdev->private->enabled |= DOOR_QUEUES_DATA_DIVISION;
	cdev->private->enabled &= cdev->private->offered;
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_establish);

int qdio_get_ssqd_desc(struct ccw_device *cdev, struct qdio_ssqd_desc *desc)
{
	if (regdiff_fail(FAIL_QDIO_DESCRIBE, cdev))
		return -EIO;
	memset(desc, 0, sizeof(*desc));
	if (cdev->private->offered & DOOR_QUEUES_MULTI_BUFFER)
		desc->qdioac2 |= CHSC_AC2_MULTI_BUFFER_AVAILABLE;
	if (cdev->private->enabled & DOOR_QUEUES_MULTI_BUFFER)
		desc->qdioac2 |= CHSC_AC2_MULTI_BUFFER_ENABLED;
	if (cdev->private->offered & DOOR_QUEUES_DATA_DIVISION)
		desc->qdioac2 |= CHSC_AC2_DATA_DIV_AVAILABLE;
	if (cdev->private->enabled & DOOR_QUEUES_DATA_DIVISION)
		desc->qdioac2 |= CHSC_AC2_DATA_DIV_ENABLED;
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_get_ssqd_desc);

int qdio_activate(struct ccw_device *cdev)
{
	struct queues *q = queues_of(cdev);
	unsigned long flags;
	u32 epoch;

	if (regdiff_fail(FAIL_QDIO_ACTIVATE, cdev))
		return -EIO;
	if (!q->established)
		return -EINVAL;
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	q->active = true;
	q->irq = false;
	q->next_tag = 1;
	q->input_first_empty = q->input_empty = 0;
	q->input_first_full = q->input_full = 0;
	q->output_first_done = q->output_done = 0;
	q->input_error = q->output_error = 0;
	epoch = ++q->epoch;
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	regdiff_tell(DOOR_EV_OPENED, cdev->private->index, &epoch, sizeof(epoch));
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_activate);

int qdio_shutdown(struct ccw_device *cdev, int how)
{
	struct queues *q = queues_of(cdev);
	struct sent *sent, *next_sent;
	struct answer *answer, *next_answer;
	unsigned long flags;
	bool was_active;
	u32 epoch;
	LIST_HEAD(requests);
	LIST_HEAD(answers);

	hrtimer_cancel(&q->timer);
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	was_active = q->active;
	epoch = q->epoch;
	q->active = q->established = q->irq = false;
	list_splice_init(&q->sent, &requests);
	list_splice_init(&q->answers, &answers);
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	list_for_each_entry_safe(sent, next_sent, &requests, list)
		kfree(sent);
	list_for_each_entry_safe(answer, next_answer, &answers, list)
		kvfree(answer);
	if (was_active)
		regdiff_tell(DOOR_EV_CLOSED, cdev->private->index, &epoch, sizeof(epoch));
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_shutdown);

/* Interrupts are off until the driver asks for them, and off again with each one it gets. */
static void raise_interrupt(struct ccw_device *cdev)
{
	struct queues *q = queues_of(cdev);

	if (!q->active || !q->irq)
		return;
	q->irq = false;
	q->irq_poll(cdev, q->parm);
}

int qdio_start_irq(struct ccw_device *cdev)
{
	struct queues *q = queues_of(cdev);
	unsigned long flags;
	int more;

	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	more = q->input_full || q->input_error;
	if (!more)
		q->irq = true;
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return more;
}
EXPORT_SYMBOL_GPL(qdio_start_irq);

int qdio_stop_irq(struct ccw_device *cdev)
{
	queues_of(cdev)->irq = false;
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_stop_irq);

int qdio_inspect_input_queue(struct ccw_device *cdev, unsigned int nr, unsigned int *first, unsigned int *error)
{
	struct queues *q = queues_of(cdev);
	unsigned long flags;
	int count;

	if (!q->active)
		return -ENODEV;
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	count = q->input_full;
	*first = q->input_first_full;
	*error = q->input_error;
	q->input_first_full = (q->input_first_full + count) % BUFFERS;
	q->input_full = 0;
	q->input_error = 0;
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return count;
}
EXPORT_SYMBOL_GPL(qdio_inspect_input_queue);

int qdio_inspect_output_queue(struct ccw_device *cdev, unsigned int nr, unsigned int *first, unsigned int *error)
{
	struct queues *q = queues_of(cdev);
	unsigned long flags;
	int count;

	if (!q->active)
		return -ENODEV;
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	count = q->output_done;
	*first = q->output_first_done;
	*error = q->output_error;
	q->output_first_done = (q->output_first_done + count) % BUFFERS;
	q->output_done = 0;
	q->output_error = 0;
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return count;
}
EXPORT_SYMBOL_GPL(qdio_inspect_output_queue);

/* Puts a response naming `req_id` into the next empty buffer. The queue lock is held. */
static bool respond(struct ccw_device *cdev, u64 req_id)
{
	struct queues *q = queues_of(cdev);
	struct qdio_buffer_element *element;

	if (!q->input_empty)
		return false;
	element = q->input[q->input_first_empty]->element;
	memset(element, 0, sizeof(struct qdio_buffer));
	element->addr = u64_to_dma64(req_id);
	element->eflags = SBAL_EFLAGS_LAST_ENTRY;
	q->input_first_empty = (q->input_first_empty + 1) % BUFFERS;
	q->input_empty--;
	q->input_full++;
	return true;
}

static struct sent *find_sent(struct queues *q, u32 tag)
{
	struct sent *sent;

	list_for_each_entry(sent, &q->sent, list)
		if (sent->tag == tag)
			return sent;
	return NULL;
}

/* The area's memory, if `length` bytes at `address` lie within one segment of the request. */
static u8 *within(const struct sent *sent, u64 address, u32 length)
{
	u32 n;

	for (n = 0; n < sent->segments; n++) {
		u64 start = (u64)(uintptr_t)sent->segment[n].data;

		if (address >= start && length <= sent->segment[n].length &&
		    address - start <= sent->segment[n].length - length)
			return (u8 *)(uintptr_t)address;
	}
	return NULL;
}

/* Walks the stores of an answer: 0, or why they are wrong. Writes them if `write`. */
static int walk_stores(const struct sent *sent, const u8 *data, u32 length, u32 stores, bool write)
{
	struct door_store store;
	u32 padded;
	u8 *to;

	while (stores--) {
		if (length < sizeof(store))
			return -EINVAL;
		memcpy(&store, data, sizeof(store));
		data += sizeof(store);
		length -= sizeof(store);
		if (store.length > length)
			return -EINVAL;
		to = within(sent, store.address, store.length);
		if (!to)
			return -EFAULT;
		if (write)
			memcpy(to, data, store.length);
		padded = min_t(u32, ALIGN(store.length, 8), length);
		data += padded;
		length -= padded;
	}
	return 0;
}

/* Delivers what is due, sets the timer for the rest. The queue lock is held, interrupts are off. */
static void deliver(struct ccw_device *cdev)
{
	struct queues *q = queues_of(cdev);
	struct answer *answer;
	struct sent *sent;
	bool any = false;

	while ((answer = list_first_entry_or_null(&q->answers, struct answer, list))) {
		if (ktime_after(answer->at, ktime_get())) {
			hrtimer_start(&q->timer, answer->at, HRTIMER_MODE_ABS_HARD);
			break;
		}
		if (!q->input_empty)
			break;
		list_del(&answer->list);
		sent = answer->epoch == q->epoch ? find_sent(q, answer->tag) : NULL;
		if (sent && !walk_stores(sent, answer->data, answer->length, answer->stores, true)) {
			any |= respond(cdev, sent->req_id);
			list_del(&sent->list);
			kfree(sent);
		}
		kvfree(answer);
	}
	if (any)
		raise_interrupt(cdev);
}

static enum hrtimer_restart due(struct hrtimer *timer)
{
	struct queues *q = container_of(timer, struct queues, timer);
	struct ccw_device_private *private = container_of(q, struct ccw_device_private, queues);
	unsigned long flags;

	spin_lock_irqsave(&private->queue_lock, flags);
	if (q->active)
		deliver(private->cdev);
	spin_unlock_irqrestore(&private->queue_lock, flags);
	return HRTIMER_NORESTART;
}

int regdiff_answer(struct ccw_device *cdev, const struct door_answer *head, const u8 *stores, u32 length)
{
	struct queues *q = queues_of(cdev);
	struct answer *answer, *other;
	struct list_head *before;
	struct sent *sent;
	unsigned long flags;
	int ret = 0;

	answer = kvmalloc(sizeof(*answer) + length, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	answer->epoch = head->epoch;
	answer->tag = head->tag;
	answer->stores = head->stores;
	answer->length = length;
	answer->at = ktime_add_us(ktime_get(), head->delay_us);
	memcpy(answer->data, stores, length);

	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	sent = q->active && head->epoch == q->epoch ? find_sent(q, head->tag) : NULL;
	if (sent)
		ret = walk_stores(sent, stores, length, head->stores, false);
	if (sent && !ret) {
		/* From the end: equal times stay in the order of writing. */
		before = &q->answers;
		list_for_each_entry_reverse(other, &q->answers, list) {
			if (!ktime_after(other->at, answer->at)) {
				before = &other->list;
				break;
			}
		}
		list_add(&answer->list, before);
		answer = NULL;
		/* Never from here: an answer always comes as an interrupt. */
		hrtimer_start(&q->timer, list_first_entry(&q->answers, struct answer, list)->at, HRTIMER_MODE_ABS_HARD);
	}
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	kvfree(answer);
	return ret;
}

int regdiff_unknown_id(struct ccw_device *cdev)
{
	unsigned long flags;
	int ret = -ENODEV;

	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	if (queues_of(cdev)->active && respond(cdev, ~0ull)) {
		raise_interrupt(cdev);
		ret = 0;
	}
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return ret;
}

/* The queue layer calls the driver itself, as for errors that no inspection finds. */
int regdiff_queue_error(struct ccw_device *cdev, const struct door_queue_error *error)
{
	struct queues *q = queues_of(cdev);
	qdio_handler_t *handler = error->output ? q->output_handler : q->input_handler;
	unsigned long flags;

	if (!q->active || !handler)
		return -ENODEV;
	regdiff_enter(DOOR_CTX_RESPONSE);
	local_irq_save(flags);
	handler(cdev, error->error, 0, error->output ? q->output_first_done : q->input_first_full,
		min_t(u32, error->count, BUFFERS), q->parm);
	local_irq_restore(flags);
	regdiff_leave(DOOR_CTX_RESPONSE);
	return 0;
}

int qdio_add_bufs_to_input_queue(struct ccw_device *cdev, unsigned int nr, unsigned int first, unsigned int count)
{
	struct queues *q = queues_of(cdev);
	unsigned long flags;

	if (count == BUFFERS && regdiff_fail(FAIL_QDIO_POST, cdev))
		return -EIO;
	if (!q->active)
		return -EIO;
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	if (!q->input_empty)
		q->input_first_empty = first;
	q->input_empty += count;
	/* Answers that were due and found no buffer come now, still as an interrupt. */
	if (!list_empty(&q->answers))
		hrtimer_start(&q->timer, list_first_entry(&q->answers, struct answer, list)->at, HRTIMER_MODE_ABS_HARD);
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(qdio_add_bufs_to_input_queue);

/* How many elements a buffer list has, and the bytes a record of them takes. */
static u32 count_segments(struct queues *q, unsigned int first, unsigned int count, bool sends, u32 *bytes)
{
	const struct qdio_buffer_element *element;
	u32 segments = 0;
	unsigned int n, e;

	*bytes = 0;
	for (n = 0; n < count; n++) {
		element = q->output[(first + n) % BUFFERS]->element;
		for (e = n ? 0 : 1; e < QDIO_MAX_ELEMENTS_PER_BUFFER; e++) {
			if (!element[e].length || !element[e].addr)
				continue;
			*bytes += sizeof(struct door_segment);
			if (sends || !segments)
				*bytes += ALIGN(element[e].length, 8);
			segments++;
		}
	}
	return segments;
}

static int fetch(struct ccw_device *cdev, unsigned int first, unsigned int count)
{
	struct queues *q = queues_of(cdev);
	const struct qdio_buffer_element *element = q->output[first]->element;
	u8 type = element[0].sflags & TYPE_BITS;
	/* A status read has no QTCB: its only area receives. Type bits 0 are a status read. */
	bool sends = type & SBAL_SFLAGS0_TYPE_WRITE;
	bool qtcb = type != SBAL_SFLAGS0_TYPE_STATUS;
	struct door_request *request;
	struct door_segment *segment;
	struct sent *sent;
	u32 segments, bytes, done = 0;
	u64 req_id = dma64_to_u64(element[0].addr);
	unsigned int n, e;
	bool leave_out = false;
	u8 *out;

	segments = count_segments(q, first, count, sends, &bytes);
	if (!qtcb)
		bytes = segments * sizeof(struct door_segment);
	if (bytes > DOOR_MAX_RECORD - sizeof(struct door_record) - sizeof(*request))
		leave_out = true;
	sent = kmalloc(struct_size(sent, segment, segments), GFP_ATOMIC);
	if (!sent)
		return -ENOMEM;
	request = leave_out ? NULL :
		regdiff_record(DOOR_EV_REQUEST, cdev->private->index, sizeof(*request) + bytes, GFP_ATOMIC);
	if (!request) {
		/* The QTCB always fits. */
		leave_out = true;
		bytes = segments * sizeof(struct door_segment) + (qtcb ? 1024 : 0);
		request = regdiff_record(DOOR_EV_REQUEST, cdev->private->index, sizeof(*request) + bytes, GFP_ATOMIC);
		if (!request) {
			kfree(sent);
			return -ENOMEM;
		}
	}
	request->epoch = q->epoch;
	request->tag = q->next_tag;
	request->req_id = req_id;
	request->sbtype = type;
	request->sbals = count;
	request->segments = segments;
	request->reserved = 0;
	out = (u8 *)(request + 1);

	sent->tag = q->next_tag++;
	sent->req_id = req_id;
	sent->segments = segments;
	for (n = 0; n < count; n++) {
		element = q->output[(first + n) % BUFFERS]->element;
		for (e = n ? 0 : 1; e < QDIO_MAX_ELEMENTS_PER_BUFFER; e++) {
			u32 length = element[e].length;
			u8 *data;
			bool store;

			if (!length || !element[e].addr)
				continue;
			data = dma64_to_virt(element[e].addr);
			sent->segment[done].data = data;
			sent->segment[done].length = length;
			sent->segment[done].sbal = n;
			segment = (struct door_segment *)out;
			segment->address = (u64)(uintptr_t)data;
			segment->length = length;
			segment->sbal = n;
			segment->flags = 0;
			store = qtcb && (sends || !done);
			if (store && leave_out && done) {
				segment->flags = DOOR_SEGMENT_LEFT_OUT;
				store = false;
			}
			segment->stored = store ? length : 0;
			out += sizeof(*segment);
			if (store) {
				memcpy(out, data, length);
				memset(out + length, 0, ALIGN(length, 8) - length);
				out += ALIGN(length, 8);
			}
			done++;
		}
	}
	list_add_tail(&sent->list, &q->sent);
	regdiff_send(request);
	return 0;
}

int qdio_add_bufs_to_output_queue(struct ccw_device *cdev, unsigned int nr, unsigned int first, unsigned int count,
				  struct qaob *aob)
{
	struct queues *q = queues_of(cdev);
	bool status_read = q->active && !(q->output[first]->element[0].sflags & TYPE_BITS);
	unsigned long flags;
	int ret;

	if (!q->active)
		return -EIO;
	if (regdiff_fail(status_read ? FAIL_STATUS_READ_POST : FAIL_REQUEST_SEND, cdev))
		return -EIO;
	spin_lock_irqsave(&cdev->private->queue_lock, flags);
	ret = fetch(cdev, first, count);
	if (!ret) {
		if (!q->output_done)
			q->output_first_done = first;
		q->output_done += count;
	}
	spin_unlock_irqrestore(&cdev->private->queue_lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(qdio_add_bufs_to_output_queue);

bool regdiff_answers_pending(struct ccw_device *cdev)
{
	struct queues *q = queues_of(cdev);

	return q->active && (!list_empty(&q->answers) || q->input_full);
}

void regdiff_queues_init(struct ccw_device_private *private)
{
	spin_lock_init(&private->queue_lock);
	INIT_LIST_HEAD(&private->queues.sent);
	INIT_LIST_HEAD(&private->queues.answers);
	hrtimer_init(&private->queues.timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	private->queues.timer.function = due;
}
