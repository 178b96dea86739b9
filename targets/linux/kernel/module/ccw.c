// SPDX-License-Identifier: GPL-2.0-only
/* The ccw bus: devices that the guest adds, on- and offline as users do it, and what the channel subsystem tells a driver. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "regdiff.h"

#define MAX_DEVICES 4

static struct ccw_device *devices[MAX_DEVICES];
static u32 device_count;
static struct device *css;

struct ccw_device *regdiff_device(u32 index)
{
	return index < device_count ? devices[index] : NULL;
}

/* The bus: a driver names control unit and device types; we are always an FCP adapter, 1731/03 with device 1732/03. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static int ccw_match(struct device *dev, const struct device_driver *drv)
#else
static int ccw_match(struct device *dev, struct device_driver *drv)
#endif
{
	const struct ccw_device_id *want;
	struct ccw_device *cdev = to_ccwdev(dev);

	for (want = container_of(drv, const struct ccw_driver, driver)->ids; want && want->match_flags; want++) {
		if ((want->match_flags & CCW_DEVICE_ID_MATCH_CU_TYPE) && want->cu_type != cdev->id.cu_type)
			continue;
		if ((want->match_flags & CCW_DEVICE_ID_MATCH_CU_MODEL) && want->cu_model != cdev->id.cu_model)
			continue;
		if ((want->match_flags & CCW_DEVICE_ID_MATCH_DEVICE_TYPE) && want->dev_type != cdev->id.dev_type)
			continue;
		if ((want->match_flags & CCW_DEVICE_ID_MATCH_DEVICE_MODEL) && want->dev_model != cdev->id.dev_model)
			continue;
		return 1;
	}
	return 0;
}

static int ccw_probe(struct device *dev)
{
	struct ccw_device *cdev = to_ccwdev(dev);
	int ret = -ENODEV;

	cdev->drv = to_ccwdrv(dev->driver);
	if (cdev->drv->probe)
		ret = cdev->drv->probe(cdev);
	if (ret)
		cdev->drv = NULL;
	return ret;
}

static void set_online_flag(struct ccw_device *cdev, int online)
{
	spin_lock_irq(cdev->ccwlock);
	cdev->online = online;
	spin_unlock_irq(cdev->ccwlock);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
static void ccw_remove(struct device *dev)
#else
static int ccw_remove(struct device *dev)
#endif
{
	struct ccw_device *cdev = to_ccwdev(dev);

	if (cdev->drv->remove)
		cdev->drv->remove(cdev);
	/* A driver that left the device online loses it here, with the reference that online holds. */
	if (cdev->online) {
		set_online_flag(cdev, 0);
		put_device(&cdev->dev);
	}
	cdev->private->channel_online = false;
	cdev->drv = NULL;
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
	return 0;
#endif
}

static struct bus_type ccw_bus = {
	.name = "ccw",
	.match = ccw_match,
	.probe = ccw_probe,
	.remove = ccw_remove,
	/* No shutdown: switching the machine off is not part of a scenario, and the driver's callback runs once at most. */
};

int ccw_driver_register(struct ccw_driver *driver)
{
	driver->driver.bus = &ccw_bus;
	return driver_register(&driver->driver);
}
EXPORT_SYMBOL_GPL(ccw_driver_register);

void ccw_driver_unregister(struct ccw_driver *driver)
{
	driver_unregister(&driver->driver);
}
EXPORT_SYMBOL_GPL(ccw_driver_unregister);

struct ccw_device *get_ccwdev_by_busid(struct ccw_driver *driver, const char *bus_id)
{
	struct device *dev = driver_find_device_by_name(&driver->driver, bus_id);

	return dev ? to_ccwdev(dev) : NULL;
}
EXPORT_SYMBOL_GPL(get_ccwdev_by_busid);

/* The flag follows the driver: up after it said yes, back to offline when it said no. The device never refuses. */
int ccw_device_set_online(struct ccw_device *cdev)
{
	int ret = 0;

	if (!cdev)
		return -ENODEV;
	if (cdev->online || !cdev->drv)
		return -EINVAL;
	if (!get_device(&cdev->dev))
		return -ENODEV;
	cdev->private->channel_online = true;
	if (cdev->drv->set_online)
		ret = cdev->drv->set_online(cdev);
	if (ret) {
		cdev->private->channel_online = false;
		put_device(&cdev->dev);
		return ret;
	}
	set_online_flag(cdev, 1);
	return 0;
}
EXPORT_SYMBOL_GPL(ccw_device_set_online);

int ccw_device_set_offline(struct ccw_device *cdev)
{
	int ret = 0;

	if (!cdev)
		return -ENODEV;
	if (!cdev->online || !cdev->drv)
		return -EINVAL;
	if (cdev->drv->set_offline)
		ret = cdev->drv->set_offline(cdev);
	if (ret)
		return ret;
	set_online_flag(cdev, 0);
	cdev->private->channel_online = false;
	put_device(&cdev->dev);
	return 0;
}
EXPORT_SYMBOL_GPL(ccw_device_set_offline);

void ccw_device_get_id(struct ccw_device *cdev, struct ccw_dev_id *id)
{
	id->ssid = 0;
	id->devno = cdev->private->devno;
}
EXPORT_SYMBOL_GPL(ccw_device_get_id);

/* Hardware logging: counted, never refused. */
int ccw_device_siosl(struct ccw_device *cdev)
{
	cdev->private->siosl++;
	return 0;
}
EXPORT_SYMBOL_GPL(ccw_device_siosl);

static ssize_t online_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sprintf(buf, "%d\n", to_ccwdev(dev)->online);
}

/* A second writer is turned away at once; unbind and shutdown wait for the device lock. */
static ssize_t online_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct ccw_device *cdev = to_ccwdev(dev);
	unsigned long value;
	int ret;

	if (atomic_cmpxchg(&cdev->private->onoff, 0, 1))
		return -EAGAIN;
	ret = kstrtoul(buf, 16, &value);
	if (!ret) {
		device_lock(dev);
		if (value == 1)
			ret = cdev->drv && cdev->drv->set_online ? ccw_device_set_online(cdev) : -EINVAL;
		else if (value == 0)
			ret = cdev->drv && cdev->drv->set_offline ? ccw_device_set_offline(cdev) : -EINVAL;
		else
			ret = -EINVAL;
		device_unlock(dev);
	}
	atomic_set(&cdev->private->onoff, 0);
	return ret < 0 ? ret : count;
}
static DEVICE_ATTR_RW(online);

static ssize_t cutype_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccw_device *cdev = to_ccwdev(dev);

	return sprintf(buf, "%04x/%02x\n", cdev->id.cu_type, cdev->id.cu_model);
}
static DEVICE_ATTR_RO(cutype);

static ssize_t devtype_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccw_device *cdev = to_ccwdev(dev);

	return sprintf(buf, "%04x/%02x\n", cdev->id.dev_type, cdev->id.dev_model);
}
static DEVICE_ATTR_RO(devtype);

static struct attribute *ccw_attrs[] = {
	&dev_attr_online.attr,
	&dev_attr_cutype.attr,
	&dev_attr_devtype.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ccw);

/* Never freed: the door names devices by number until the machine ends. */
static void ccw_release(struct device *dev)
{
}

int regdiff_add_device(u16 devno, u16 offered)
{
	struct ccw_device_private *private;
	struct ccw_device *cdev;
	int ret;

	if (device_count == MAX_DEVICES)
		return -ENOSPC;
	cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	private = kzalloc(sizeof(*private), GFP_KERNEL);
	if (!cdev || !private)
		return -ENOMEM;
	private->cdev = cdev;
	private->index = device_count;
	private->devno = devno;
	private->offered = offered;
	spin_lock_init(&private->lock);
	regdiff_queues_init(private);
	cdev->private = private;
	cdev->ccwlock = &private->lock;
	cdev->id.cu_type = 0x1731;
	cdev->id.cu_model = 0x03;
	cdev->id.dev_type = 0x1732;
	cdev->id.dev_model = 0x03;
	device_initialize(&cdev->dev);
	cdev->dev.bus = &ccw_bus;
	cdev->dev.parent = css;
	cdev->dev.groups = ccw_groups;
	cdev->dev.release = ccw_release;
	dev_set_name(&cdev->dev, "0.0.%04x", devno);
	devices[device_count++] = cdev;
	ret = device_add(&cdev->dev);
	if (ret)
		device_count--;
	return ret;
}

/* Only an online device hears of anything; 0 if nobody does. What drivers do here must not sleep, so interrupts stay off. */
int regdiff_notify(struct ccw_device *cdev, u32 event)
{
	int path_event[8] = { PE_PATH_AVAILABLE };
	unsigned long flags;
	int ret;

	if (!cdev->drv || !cdev->online)
		return 0;
	if (event == 100) {
		if (!cdev->drv->path_event)
			return -EOPNOTSUPP;
		cdev->drv->path_event(cdev, path_event);
		return 0;
	}
	if (!cdev->drv->notify)
		return -EOPNOTSUPP;
	regdiff_enter(DOOR_CTX_NOTIFY);
	spin_lock_irqsave(cdev->ccwlock, flags);
	ret = cdev->drv->notify(cdev, event);
	spin_unlock_irqrestore(cdev->ccwlock, flags);
	regdiff_leave(DOOR_CTX_NOTIFY);
	return ret;
}

int regdiff_shutdown_device(struct ccw_device *cdev)
{
	device_lock(&cdev->dev);
	if (cdev->drv && cdev->drv->shutdown)
		cdev->drv->shutdown(cdev);
	device_unlock(&cdev->dev);
	return 0;
}

int regdiff_ccw_init(void)
{
	int ret;

	css = root_device_register("css0");
	if (IS_ERR(css))
		return PTR_ERR(css);
	ret = bus_register(&ccw_bus);
	if (ret)
		root_device_unregister(css);
	return ret;
}

void regdiff_ccw_exit(void)
{
	u32 index;

	for (index = 0; index < device_count; index++)
		device_del(&devices[index]->dev);
	bus_unregister(&ccw_bus);
	root_device_unregister(css);
}
