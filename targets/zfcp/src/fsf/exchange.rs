//! Exchange Config Data and Exchange Port Data (driver.md 9, 10).

use std::rc::Rc;

use regdiff_channel::{Body, ConfigData, PortData, Request};
use regdiff_kernel::Sim;
use regdiff_observation::LogId;
use regdiff_scenario::{AdapterFeatures, ConnectionFeatures, FailPoint, FsfStatus};

use super::link_down::link_down_info_eval;
use super::request::{Deadline, FsfReq, ReqData, Unsent, send};
use crate::erp::{ErpObject, adapter_shutdown};
use crate::fault::DriverFault;
use crate::fence::Fence;
use crate::host_update::{
    set_prot, shost_update_config_data, shost_update_port_data, write_config_attributes, write_config_link,
    write_firmware_version, write_hardware_version,
};
use crate::objects::Adapter;
use crate::status::{ADAPTER_XCONFIG_OK, REQ_DISMISSED, REQ_ERROR, REQ_XDATAINCOMPLETE};

/// This driver's QTCB: size in bytes, and version.
const QTCB_SIZE: u32 = 1696;
const QTCB_VERSION: u32 = 1;
/// Fewest status reads.
const STATUS_READS: u32 = 16;
/// Synchronous exchanges get this long, in s.
const SYNC_SECONDS: u64 = 60;
/// Topologies of the response.
const TOPOLOGY_P2P: u32 = 1;
const TOPOLOGY_FABRIC: u32 = 2;

/// How a synchronous exchange can end badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncError {
    Io,
    /// The answer was incomplete: EAGAIN.
    Incomplete,
    NoMemory,
    /// Nothing was sent: EOPNOTSUPP.
    Unsupported,
}

/// zfcp_fsf_exchange_config_data, for recovery.
pub(crate) async fn exchange_config_data(adapter: &Rc<Adapter>) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_exchange_config_data");
    let sent =
        send(adapter, Request::ExchangeConfigData, ReqData::None, Some(ErpObject::Adapter), Deadline::Erp).await?;
    Ok(sent.map(|_| ()))
}

/// zfcp_fsf_exchange_port_data, for recovery. Ok(false): the adapter has no port data, nothing was sent.
pub(crate) async fn exchange_port_data(adapter: &Rc<Adapter>) -> Sim<Result<bool, Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_exchange_port_data");
    if !adapter.feature(AdapterFeatures::HBAAPI_MANAGEMENT) {
        return Ok(Ok(false));
    }
    let sent = send(adapter, Request::ExchangePortData, ReqData::None, Some(ErpObject::Adapter), Deadline::Erp).await?;
    Ok(sent.map(|_| true))
}

/// What a synchronous exchange brings: how it ended, and the caller's buffer, which only an evaluated response fills.
pub(crate) type Exchanged<T> = (Result<(), SyncError>, T);

/// zfcp_fsf_exchange_config_data_sync: the same handler runs, outside recovery too.
pub(crate) async fn exchange_config_data_sync(adapter: &Rc<Adapter>) -> Sim<Exchanged<ConfigData>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_exchange_config_data_sync");
    if adapter.kernel.fails(adapter.device, FailPoint::SyncRequest) {
        return Ok((Err(SyncError::NoMemory), ConfigData::default()));
    }
    let sent = send(adapter, Request::ExchangeConfigData, ReqData::None, None, Deadline::Reopen(SYNC_SECONDS)).await?;
    let (result, req) = wait_sync(adapter, sent).await;
    let data = req.filter(|req| req.evaluated.get()).map(|req| config_data(&req));
    Ok((result, data.unwrap_or_default()))
}

/// zfcp_fsf_exchange_port_data_sync.
pub(crate) async fn exchange_port_data_sync(adapter: &Rc<Adapter>) -> Sim<Exchanged<PortData>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_exchange_port_data_sync");
    if !adapter.feature(AdapterFeatures::HBAAPI_MANAGEMENT) {
        return Ok((Err(SyncError::Unsupported), PortData::default()));
    }
    if adapter.kernel.fails(adapter.device, FailPoint::SyncRequest) {
        return Ok((Err(SyncError::NoMemory), PortData::default()));
    }
    let sent = send(adapter, Request::ExchangePortData, ReqData::None, None, Deadline::Reopen(SYNC_SECONDS)).await?;
    let (result, req) = wait_sync(adapter, sent).await;
    let data = req.filter(|req| req.evaluated.get()).map(|req| port_data(&req));
    Ok((result, data.unwrap_or_default()))
}

async fn wait_sync(adapter: &Adapter, sent: Result<Rc<FsfReq>, Unsent>) -> Exchanged<Option<Rc<FsfReq>>> {
    let req = match sent {
        Ok(req) => req,
        Err(Unsent::Io) => return (Err(SyncError::Io), None),
        Err(Unsent::NoMemory) => return (Err(SyncError::NoMemory), None),
    };
    req.done.wait(&adapter.kernel).await;
    let result = if req.has(REQ_ERROR | REQ_DISMISSED) {
        Err(SyncError::Io)
    } else if req.has(REQ_XDATAINCOMPLETE) {
        Err(SyncError::Incomplete)
    } else {
        Ok(())
    };
    (result, Some(req))
}

fn config_data(req: &FsfReq) -> ConfigData {
    req.body(|body| match body {
        Body::Config(data) => **data,
        _ => ConfigData::default(),
    })
}

fn port_data(req: &FsfReq) -> PortData {
    req.body(|body| match body {
        Body::Port(data) => **data,
        _ => PortData::default(),
    })
}

/// zfcp_fsf_exchange_config_data_handler, rows 1 to 8 of driver.md 9.1.
pub(super) fn exchange_config_data_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_exchange_config_data_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    let data = config_data(req);
    // Patch 2 of the series moved what is written to the host into one function.
    let moved = adapter.driver.fences.has_patch(2);
    if !moved {
        write_firmware_version(adapter, &data)?;
    }
    adapter.fsf_lic_version.set(data.lic_version);
    adapter.adapter_features.set(AdapterFeatures(data.adapter_features));
    adapter.connection_features.set(ConnectionFeatures(data.connection_features));
    adapter.peer_wwpn.set(0);
    adapter.peer_wwnn.set(0);
    adapter.peer_d_id.set(0);
    let now = kernel.now_us();
    match req.fsf_status() {
        FsfStatus::Good => {
            let stays = adapter.slips(DriverFault::IncompleteStays) && adapter.diagnostics.config.incomplete.get();
            adapter.diagnostics.config.update(data, stays, now);
            if moved {
                shost_update_config_data(adapter, &data, false, Fence::ConfigDataGood)?;
            }
            if !exchange_config_evaluate(adapter, req, &data, moved)? {
                return Ok(());
            }
            if data.max_qtcb_size < QTCB_SIZE {
                kernel.log(LogId::QtcbSmall, adapter.device, data.max_qtcb_size.into());
                return adapter_shutdown(adapter, 0, "fsecdh1");
            }
            adapter.set(ADAPTER_XCONFIG_OK);
        }
        FsfStatus::ExchangeDataIncomplete => {
            adapter.diagnostics.config.update(data, true, now);
            req.set(REQ_XDATAINCOMPLETE);
            adapter.set(ADAPTER_XCONFIG_OK);
            link_down_info_eval(adapter, Some(req.qualifier()))?;
            if moved {
                shost_update_config_data(adapter, &data, true, Fence::ConfigDataIncomplete)?;
            }
            exchange_config_evaluate(adapter, req, &data, moved)?;
        }
        _ => return adapter_shutdown(adapter, 0, "fsecdh3"),
    }
    if adapter.feature(AdapterFeatures::HBAAPI_MANAGEMENT) {
        adapter.hardware_version.set(data.hardware_version);
        if !moved {
            write_hardware_version(adapter, &data)?;
        }
    }
    if data.low_qtcb_version > QTCB_VERSION {
        kernel.log(LogId::QtcbNewer, adapter.device, 0);
        return adapter_shutdown(adapter, 0, "fsecdh4");
    }
    if data.high_qtcb_version < QTCB_VERSION {
        kernel.log(LogId::QtcbOlder, adapter.device, 0);
        return adapter_shutdown(adapter, 0, "fsecdh5");
    }
    Ok(())
}

/// zfcp_fsf_exchange_config_evaluate (driver.md 9.3): false if the topology is refused.
fn exchange_config_evaluate(adapter: &Rc<Adapter>, req: &FsfReq, data: &ConfigData, moved: bool) -> Sim<bool> {
    let _frame = adapter.kernel.enter("zfcp_fsf_exchange_config_evaluate");
    req.evaluated.set(true);
    if !moved {
        write_config_attributes(adapter, data)?;
    }
    adapter.timer_ticks.set(u32::from(data.timer_interval) & 0x3fff);
    adapter.stat_read_buf_num.set(u32::from(data.status_read_buf_num).max(STATUS_READS));
    if !moved || !adapter.fence(Fence::SetProtInHostUpdate) {
        set_prot(adapter)?;
    }
    if req.has(REQ_XDATAINCOMPLETE) {
        return Ok(true);
    }
    if !moved {
        write_config_link(adapter, data)?;
    }
    adapter.hydra_version.set(data.adapter_type);
    match data.fc_topology {
        TOPOLOGY_P2P => {
            adapter.peer_d_id.set(data.peer_d_id);
            adapter.peer_wwpn.set(data.peer_wwpn);
            adapter.peer_wwnn.set(data.peer_wwnn);
            Ok(true)
        }
        TOPOLOGY_FABRIC => Ok(true),
        _ => {
            adapter.kernel.log(LogId::Topology, adapter.device, 0);
            adapter_shutdown(adapter, 0, "fsece_1")?;
            Ok(false)
        }
    }
}

/// zfcp_fsf_exchange_port_data_handler (driver.md 10). An unexpected FSF status does nothing at all.
pub(super) fn exchange_port_data_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_exchange_port_data_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    let data = port_data(req);
    let now = kernel.now_us();
    match req.fsf_status() {
        FsfStatus::Good => adapter.diagnostics.port.update(data, false, now),
        FsfStatus::ExchangeDataIncomplete => {
            adapter.diagnostics.port.update(data, true, now);
            req.set(REQ_XDATAINCOMPLETE);
            link_down_info_eval(adapter, Some(req.qualifier()))?;
        }
        _ => return Ok(()),
    }
    req.evaluated.set(true);
    shost_update_port_data(adapter, &data)?;
    let secure = adapter.feature(AdapterFeatures::FC_SECURITY);
    adapter.fc_security_algorithms.set(if secure { data.fc_security_algorithms } else { 0 });
    Ok(())
}
