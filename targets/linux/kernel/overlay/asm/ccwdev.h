/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channel devices as far as an FCP driver sees them: the names are those of s390, the machine behind them is ours.
 */
#ifndef REGDIFF_ASM_CCWDEV_H
#define REGDIFF_ASM_CCWDEV_H

#include <linux/device.h>
#include <linux/mod_devicetable.h>
#include <linux/spinlock.h>

struct irb;
struct ccw_device_private;

/* What happened to a channel device; second argument of ccw_driver.notify. */
#define CIO_GONE	0x01
#define CIO_NO_PATH	0x02
#define CIO_OPER	0x04
#define CIO_REVALIDATE	0x08
#define CIO_BOXED	0x10

/* Bits of ccw_driver.path_event's argument. */
#define PE_NONE				0x0
#define PE_PATH_GONE			0x1
#define PE_PATH_AVAILABLE		0x2
#define PE_PATHGROUP_ESTABLISHED	0x4
#define PE_PATH_FCES_EVENT		0x8

struct ccw_dev_id {
	u8 ssid;
	u16 devno;
};

struct ccw_device {
	spinlock_t *ccwlock;
	struct ccw_device_private *private;
	struct ccw_device_id id;
	struct ccw_driver *drv;
	struct device dev;
	int online;
	void (*handler)(struct ccw_device *cdev, unsigned long intparm, struct irb *irb);
};

enum uc_todo {
	UC_TODO_RETRY,
	UC_TODO_RETRY_ON_NEW_PATH,
	UC_TODO_STOP
};

struct ccw_driver {
	struct ccw_device_id *ids;
	int (*probe)(struct ccw_device *cdev);
	void (*remove)(struct ccw_device *cdev);
	int (*set_online)(struct ccw_device *cdev);
	int (*set_offline)(struct ccw_device *cdev);
	int (*notify)(struct ccw_device *cdev, int event);
	void (*path_event)(struct ccw_device *cdev, int *events);
	void (*shutdown)(struct ccw_device *cdev);
	enum uc_todo (*uc_handler)(struct ccw_device *cdev, struct irb *irb);
	/* Power management callbacks of the eager kernels; never called here. */
	int (*freeze)(struct ccw_device *cdev);
	int (*thaw)(struct ccw_device *cdev);
	int (*restore)(struct ccw_device *cdev);
	int (*prepare)(struct ccw_device *cdev);
	void (*complete)(struct ccw_device *cdev);
	struct device_driver driver;
	int int_class;
};

/* A device type always comes with a control unit type; models are matched unless they are 0. */
#define CCW_DEVICE_DEVTYPE(cu, cum, type, model)		\
	.cu_type = (cu), .cu_model = (cum),			\
	.dev_type = (type), .dev_model = (model),		\
	.match_flags = CCW_DEVICE_ID_MATCH_CU_TYPE		\
		| CCW_DEVICE_ID_MATCH_DEVICE_TYPE		\
		| ((cum) ? CCW_DEVICE_ID_MATCH_CU_MODEL : 0)	\
		| ((model) ? CCW_DEVICE_ID_MATCH_DEVICE_MODEL : 0)

#define to_ccwdev(n) container_of(n, struct ccw_device, dev)
#define to_ccwdrv(n) container_of(n, struct ccw_driver, driver)
#define get_ccwdev_lock(cdev) ((cdev)->ccwlock)

int ccw_driver_register(struct ccw_driver *driver);
void ccw_driver_unregister(struct ccw_driver *driver);
struct ccw_device *get_ccwdev_by_busid(struct ccw_driver *driver, const char *bus_id);
int ccw_device_set_online(struct ccw_device *cdev);
int ccw_device_set_offline(struct ccw_device *cdev);
void ccw_device_get_id(struct ccw_device *cdev, struct ccw_dev_id *id);
int ccw_device_siosl(struct ccw_device *cdev);

#endif
