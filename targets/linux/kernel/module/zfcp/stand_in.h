/* SPDX-License-Identifier: GPL-2.0-only */
/* What zfcp.ko takes of regdiff.ko beyond regdiff.h, and the stand-ins' own prototypes. */
#ifndef REGDIFF_STAND_IN_H
#define REGDIFF_STAND_IN_H

struct zfcp_adapter *regdiff_adapter_enqueue(struct ccw_device *cdev);
void regdiff_qdio_shost_update(struct zfcp_adapter *const adapter, const struct zfcp_qdio *const qdio);
void regdiff_ccw_adapter_reopen(struct zfcp_adapter *adapter, int clear, char *tag);
void regdiff_ccw_erp_wait(struct zfcp_adapter *adapter);
void regdiff_backoff(struct ccw_device *cdev);
void regdiff_erp_thread_kill(struct zfcp_adapter *adapter);
int regdiff_qdio_open(struct zfcp_qdio *qdio);
void regdiff_qdio_close(struct zfcp_qdio *qdio);
int regdiff_exchange_port_data(struct zfcp_erp_action *action);
int regdiff_adapter_register(struct zfcp_adapter *adapter);
void regdiff_after_redo(spinlock_t *lock);
int regdiff_erp_status_read_refill(struct zfcp_adapter *adapter);
struct zfcp_port *regdiff_port_enqueue(struct zfcp_adapter *adapter, u64 wwpn, u32 status, u32 d_id);
void regdiff_fc_scan_ports(struct work_struct *work);
void regdiff_rport_work(struct work_struct *work);
void regdiff_stat_work(struct work_struct *work);
void regdiff_wka_ports_force_offline(struct zfcp_fc_wka_ports *ports);
void regdiff_adapter_unregister_host(struct zfcp_adapter *adapter);
void regdiff_scan_erp_wait(struct zfcp_adapter *adapter);
u32 regdiff_draw(const char *function, u32 bound);
void regdiff_fc_host_post_event(struct Scsi_Host *shost, u32 number, enum fc_host_event_code code, u32 data);
int regdiff_sbal_get(struct zfcp_qdio *qdio);
bool regdiff_pool_fails(mempool_t *pool);
void regdiff_reqid_check(struct zfcp_qdio *qdio, int index);
struct Scsi_Host *regdiff_host_alloc(const struct scsi_host_template *template, int size);
int regdiff_add_host(struct Scsi_Host *shost, struct device *dev);
void regdiff_set_prot(struct Scsi_Host *shost, unsigned int mask);
int regdiff_fcp_cmnd(struct scsi_cmnd *command);
int regdiff_unit_add(struct zfcp_port *port, u64 lun);
int regdiff_pool_resize(mempool_t *pool, int elements);
void regdiff_strategy_begins(struct kref *kref);
void regdiff_strategy_locks(void);
void regdiff_redo_link_down(struct zfcp_adapter *adapter);
void regdiff_did_lookup(struct work_struct *work);
void regdiff_link_test(struct work_struct *work);
void regdiff_symbolic_name(struct work_struct *work);
struct scsi_transport_template *regdiff_attach_transport(struct fc_function_template *functions);
int regdiff_exchange_config_data_sync(struct zfcp_qdio *qdio, struct fsf_qtcb_bottom_config *data);
int regdiff_exchange_port_data_sync(struct zfcp_qdio *qdio, struct fsf_qtcb_bottom_port *data);
bool regdiff_sync_fails(void);
void regdiff_enqueue_event(struct zfcp_adapter *adapter, enum fc_host_event_code code, u32 data);
void regdiff_rport_task(char *tag, struct zfcp_adapter *adapter, struct zfcp_port *port, struct scsi_device *sdev, u8 want,
			u8 need);
void regdiff_port_remove(struct zfcp_port *port, int clear, char *tag);
int regdiff_unit_remove(struct zfcp_port *port, u64 lun);

#endif
