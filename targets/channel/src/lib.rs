//! A simulated FCP channel: firmware, fabric, remote ports and disks, answering from a scenario.
//!
//! The channel knows neither kernel nor driver nor time. A driver [submits](Channel::submit) typed requests; the channel
//! says what will be answered and after how long. A scripted answer of the scenario comes first ([`Submission::occurrence`]
//! says how it is found), past the script the hardware answers as its devices and its state say.
//!
//! ```
//! use regdiff_channel::{Body, Channel, Reply, Request};
//! use regdiff_scenario::{Device, FsfStatus, Port, Scenario};
//!
//! let device = Device { ports: vec![Port::default()], ..Device::default() };
//! let mut channel = Channel::new(&Scenario { devices: vec![device], ..Scenario::default() });
//! channel.queues_opened(0);
//!
//! let submission = channel.submit(0, &Request::OpenPort { d_id: 0x02_0100 });
//! assert_eq!((submission.port, submission.occurrence), (Some(0), 1));
//! let Reply::Answer { delay_ms: 0, response } = submission.reply else { panic!("silence") };
//! assert_eq!(response.fsf_status, FsfStatus::Good);
//! let Body::OpenPort(opened) = response.body else { panic!("no port") };
//! assert_eq!(opened.login().unwrap().wwpn, 0x5005_0763_0500_0001);
//! ```
//!
//! # What real hardware is not known to do
//!
//! - Without a link both exchanges are answered EXCHANGE_DATA_INCOMPLETE with the error code as qualifier. Config data is
//!   then filled up to what the driver takes as valid, and 0 after it; port data is complete (driver.md U1). That the link
//!   is down for one exchange only, or announced as protocol status LINK_DOWN, takes a script (driver.md U2).
//! - Without a link everything that leaves the adapter is answered ADAPTER_STATUS_AVAILABLE with "no retry possible";
//!   closing works.
//! - Opening a port that is not there, and an ADISC to it, ask for recovery by the upper layer; an FCP command, task
//!   management or Open LUN to it ask for a link test.
//! - Opening what is open is answered PORT_ALREADY_OPEN or LUN_ALREADY_OPEN, without a handle.
//! - Commands take effect at submission. An aborted command keeps its answer: whoever delivers answers drops it.

mod adapter;
mod channel;
mod contents;
mod exchange;
mod handle;
mod link;
mod medium;
mod mix;
mod name_server;
mod request;
mod response;
mod script;
mod scsi;
mod status_event;
mod status_read;
mod subject;
mod target;

pub use channel::{Channel, Reply, Submission};
pub use exchange::{ConfigData, ConfigStatistics, PortData, PortStatistics, Sfp, Utilization};
pub use link::{Link, NO_LIGHT};
pub use medium::block_content;
pub use request::{ProtectionOp, Request, Service};
pub use response::{
    AdiscData, Body, Ct, CtPayload, CtResult, GpnFtEntry, LOGIN_LENGTH, Login, MIN_LOGIN_LENGTH, OpenedPort, Response,
    Status, qualifier,
};
pub use scsi::{
    CapacityData, InquiryData, LunList, ModeData, STATUS_CHECK_CONDITION, STATUS_GOOD, ScsiCommand, ScsiData,
    ScsiReply, Sense, VpdPage,
};
pub use status_event::{RscnPage, StatusEvent};
pub use status_read::MAX_PENDING;
pub use target::{BLOCK_SIZE, INQUIRY_LENGTH};
