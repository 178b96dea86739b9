//! FSF requests: what the driver asks of the firmware and what it makes of the answers (driver.md 8 to 15; zfcp_fsf.c).

mod exchange;
mod fcp;
mod link_down;
mod port;
mod request;
mod status_eval;
mod status_read;
mod task;
mod wka;

pub(crate) use exchange::{
    SyncError, exchange_config_data, exchange_config_data_sync, exchange_port_data, exchange_port_data_sync,
};
pub(crate) use fcp::fcp_cmnd;
pub(crate) use link_down::fc_host_link_down;
pub(crate) use port::{close_lun, close_physical_port, close_port, open_lun, open_port};
pub(crate) use request::{FsfReq, ReqData, Unsent, dismiss_all};
pub(crate) use status_read::{status_read_refill, status_read_response};
pub(crate) use task::{Task, abort_fcp_cmnd, fcp_task_mgmt};
pub(crate) use wka::{close_wka, open_wka, send_adisc, send_ct};
