// SPDX-License-Identifier: GPL-2.0-only
/* What else the driver wants of its architecture: the debug feature, service levels, EBCDIC. */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/debug.h>
#include <asm/ebcdic.h>
#include <asm/sysinfo.h>

#include "regdiff.h"
/* The tree's own description of a recovery record. */
#include "zfcp_dbf.h"

struct debug_view {
	int unused;
};

struct debug_view debug_hex_ascii_view;
EXPORT_SYMBOL_GPL(debug_hex_ascii_view);

/* Areas are named after the device, with their kind at the end. */
debug_info_t *debug_register(const char *name, int pages, int areas, int buf_size)
{
	debug_info_t *id = kzalloc(sizeof(*id), GFP_KERNEL);
	size_t length = strlen(name);

	if (!id)
		return NULL;
	id->level = 3;
	id->buf_size = buf_size;
	id->recovery = length > 4 && !strcmp(name + length - 4, "_rec");
	strscpy(id->name, name, sizeof(id->name));
	return id;
}
EXPORT_SYMBOL_GPL(debug_register);

void debug_unregister(debug_info_t *id)
{
	kfree(id);
}
EXPORT_SYMBOL_GPL(debug_unregister);

int debug_register_view(debug_info_t *id, struct debug_view *view)
{
	return 0;
}
EXPORT_SYMBOL_GPL(debug_register_view);

void debug_set_level(debug_info_t *id, int level)
{
	if (id)
		id->level = level;
}
EXPORT_SYMBOL_GPL(debug_set_level);

static u32 device_of_area(const char *name)
{
	struct ccw_device *cdev;
	u32 index;

	for (index = 0; (cdev = regdiff_device(index)); index++)
		if (strstr(name, dev_name(&cdev->dev)))
			return index;
	return NO_DEVICE;
}

debug_entry_t *debug_event(debug_info_t *id, int level, void *data, int length)
{
	const struct zfcp_dbf_rec *rec = data;
	struct door_trace trace = { 0 };
	bool timer;

	if (!id || level > id->level || !id->recovery || length < sizeof(*rec))
		return NULL;
	memcpy(trace.tag, rec->tag, min(sizeof(trace.tag) - 1, sizeof(rec->tag)));
	trace.id = rec->id;
	if (rec->id == ZFCP_DBF_REC_TRIG) {
		trace.want = rec->u.trig.want;
		trace.need = rec->u.trig.need;
		trace.ready = rec->u.trig.ready;
		trace.running = rec->u.trig.running;
	} else if (rec->id == ZFCP_DBF_REC_RUN) {
		trace.want = rec->u.run.rec_action;
		trace.need = rec->u.run.rec_action;
	}
	trace.adapter_status = rec->adapter_status;
	trace.port_status = rec->port_status;
	trace.lun_status = rec->lun_status;
	trace.d_id = rec->d_id;
	trace.wwpn = rec->wwpn;
	/* A LUN is eight bytes in network order, whatever the machine. */
	trace.lun = rec->lun == ZFCP_DBF_INVALID_LUN ? rec->lun : be64_to_cpu((__force __be64)rec->lun);
	/* The request timer's handler has one trigger; it runs in a soft interrupt like completions. */
	timer = !strcmp(trace.tag, "fsrth_1");
	if (timer)
		regdiff_enter(DOOR_CTX_TIMER);
	regdiff_tell(DOOR_EV_TRACE, device_of_area(id->name), &trace, sizeof(trace));
	if (timer)
		regdiff_leave(DOOR_CTX_TIMER);
	return NULL;
}
EXPORT_SYMBOL_GPL(debug_event);

static LIST_HEAD(levels);
static DEFINE_MUTEX(levels_lock);

int register_service_level(struct service_level *level)
{
	struct service_level *other;
	int ret = 0;

	mutex_lock(&levels_lock);
	list_for_each_entry(other, &levels, list)
		if (other == level)
			ret = -EEXIST;
	if (!ret)
		list_add_tail(&level->list, &levels);
	mutex_unlock(&levels_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(register_service_level);

int unregister_service_level(struct service_level *level)
{
	struct service_level *other;
	int ret = -ENOENT;

	mutex_lock(&levels_lock);
	list_for_each_entry(other, &levels, list) {
		if (other == level) {
			list_del(&level->list);
			ret = 0;
			break;
		}
	}
	mutex_unlock(&levels_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(unregister_service_level);

static int show_levels(struct seq_file *m, void *unused)
{
	struct service_level *level;

	mutex_lock(&levels_lock);
	list_for_each_entry(level, &levels, list)
		level->seq_print(m, level);
	mutex_unlock(&levels_lock);
	return 0;
}

int regdiff_levels_init(void)
{
	return proc_create_single("service_levels", 0444, NULL, show_levels) ? 0 : -ENOMEM;
}

void regdiff_levels_exit(void)
{
	remove_proc_entry("service_levels", NULL);
}

/* Letters, digits and the few signs that serial numbers and names have; anything else becomes a blank, as nobody can print it. */
static const char ebcdic_letters[] = "ABCDEFGHI\0\0\0\0\0\0\0JKLMNOPQR\0\0\0\0\0\0\0\0STUVWXYZ";

static u8 to_ascii(u8 c)
{
	static const u8 signs[][2] = {
		{ 0x40, ' ' }, { 0x4b, '.' }, { 0x60, '-' }, { 0x61, '/' }, { 0x6b, ',' }, { 0x6d, '_' }, { 0x7a, ':' },
		{ 0x7b, '#' }, { 0x7c, '@' }, { 0x4e, '+' }, { 0x5c, '*' }, { 0x7e, '=' }, { 0x4d, '(' }, { 0x5d, ')' },
	};
	unsigned int n;

	if (c == 0)
		return 0;
	if (c >= 0xf0 && c <= 0xf9)
		return '0' + c - 0xf0;
	if (c >= 0xc1 && c <= 0xe9 && ebcdic_letters[c - 0xc1])
		return ebcdic_letters[c - 0xc1];
	if (c >= 0x81 && c <= 0xa9 && ebcdic_letters[c - 0x81])
		return ebcdic_letters[c - 0x81] + 'a' - 'A';
	for (n = 0; n < ARRAY_SIZE(signs); n++)
		if (signs[n][0] == c)
			return signs[n][1];
	return ' ';
}

void regdiff_ebcdic_to_ascii(u8 *text, size_t length)
{
	for (; length--; text++)
		*text = to_ascii(*text);
}
EXPORT_SYMBOL_GPL(regdiff_ebcdic_to_ascii);

void regdiff_ascii_to_ebcdic(u8 *text, size_t length)
{
	unsigned int c;

	for (; length--; text++) {
		u8 ascii = *text;

		*text = ascii ? 0x40 : 0;
		for (c = 1; ascii && c < 256; c++)
			if (ascii != ' ' && to_ascii(c) == ascii)
				*text = c;
	}
}
EXPORT_SYMBOL_GPL(regdiff_ascii_to_ebcdic);
