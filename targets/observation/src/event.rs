//! Things that happen once and can be seen: log lines, uevents, commands, trace records.

use regdiff_scenario::{Command, Context};
use serde::{Deserialize, Serialize};

use crate::object::Object;

/// Level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// KERN_ERR.
    Err,
    /// KERN_WARNING.
    Warning,
    /// KERN_INFO.
    Info,
}

macro_rules! log_ids {
    ($($(#[doc = $doc:literal])+ $variant:ident $text:literal $level:ident,)+) => {
        /// Log lines by name; texts are not reproduced (driver.md 24.4).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum LogId {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+
        }

        impl LogId {
            /// Every log line.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name, as in driver.md.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Its level.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }
        }
    };
}

log_ids! {
    /// The adapter could not be set up.
    EnqueueFailed "ENQUEUE_FAILED" Err,
    /// The `device=` parameter cannot be parsed.
    BadInitDevice "BAD_INIT_DEVICE" Err,
    /// The host could not be registered.
    HostRegFailed "HOST_REG_FAILED" Err,
    /// A remote port could not be registered.
    RportFailed "RPORT_FAILED" Err,
    /// The recovery thread could not be started.
    ThreadFailed "THREAD_FAILED" Err,
    /// Recovery of a LUN gave up.
    LunFailed "LUN_FAILED" Err,
    /// Recovery of a port gave up.
    PortFailed "PORT_FAILED" Err,
    /// Recovery of the adapter gave up.
    AdapterFailed "ADAPTER_FAILED" Err,
    /// The queues could not be set up.
    QdioSetupFailed "QDIO_SETUP_FAILED" Err,
    /// The class of service is not supported.
    ClassUnsupp "CLASS_UNSUPP" Err,
    /// The hardware recommends nothing.
    NoRecom "NO_RECOM" Err,
    /// The firmware does not know a command.
    UnknownCmd "UNKNOWN_CMD" Err,
    /// The QTCB version is refused.
    ProtQtcbVersion "PROT_QTCB_VERSION" Err,
    /// The QTCB type is refused.
    ProtQtcbType "PROT_QTCB_TYPE" Err,
    /// A request id was used twice.
    ProtDupId "PROT_DUP_ID" Err,
    /// An unknown protocol status.
    ProtUnknown "PROT_UNKNOWN" Err,
    /// A topology the driver does not work with.
    Topology "TOPOLOGY" Err,
    /// The QTCB is too large for the firmware.
    QtcbSmall "QTCB_SMALL" Err,
    /// The firmware wants a newer QTCB.
    QtcbNewer "QTCB_NEWER" Err,
    /// The firmware wants an older QTCB.
    QtcbOlder "QTCB_OLDER" Err,
    /// A data direction is refused.
    DataDir "DATA_DIR" Err,
    /// A command length is refused.
    CmndLen "CMND_LEN" Err,
    /// DIX is experimental.
    DixExperimental "DIX_EXPERIMENTAL" Warning,
    /// The device is gone.
    Gone "GONE" Warning,
    /// No path is left.
    NoPath "NO_PATH" Warning,
    /// The device is boxed.
    Boxed "BOXED" Warning,
    /// A queue error.
    QdioProblem "QDIO_PROBLEM" Warning,
    /// Link down: no light.
    LdNoLight "LD_NO_LIGHT" Warning,
    /// Link down: wrap plug.
    LdWrap "LD_WRAP" Warning,
    /// Link down: no FCP.
    LdNoFcp "LD_NO_FCP" Warning,
    /// Link down: firmware update.
    LdFwUpdate "LD_FW_UPDATE" Warning,
    /// Link down: invalid WWPN.
    LdWwpn "LD_WWPN" Warning,
    /// Link down: no NPIV support.
    LdNoNpiv "LD_NO_NPIV" Warning,
    /// Link down: no FCP resources.
    LdNpivMax "LD_NPIV_MAX" Warning,
    /// Link down: no fabric resources.
    LdFabricMax "LD_FABRIC_MAX" Warning,
    /// Link down: fabric login refused.
    LdLogin "LD_LOGIN" Warning,
    /// Link down: WWPN assignment corrupted.
    LdWwpnFile "LD_WWPN_FILE" Warning,
    /// Link down: mode table corrupted.
    LdModeTable "LD_MODE_TABLE" Warning,
    /// Link down: no WWPN assigned.
    LdNoWwpn "LD_NO_WWPN" Warning,
    /// Link down: any other reason.
    LdGeneric "LD_GENERIC" Warning,
    /// Bit error threshold: the adapter stops.
    BerStop "BER_STOP" Warning,
    /// Bit error threshold.
    Ber "BER" Warning,
    /// No more ports.
    PortMax "PORT_MAX" Warning,
    /// No more well-known ports.
    WkaMax "WKA_MAX" Warning,
    /// A LUN is in use elsewhere.
    LunShared "LUN_SHARED" Warning,
    /// No more LUNs.
    LunMax "LUN_MAX" Warning,
    /// A port answered with another WWPN.
    WwpnMismatch "WWPN_MISMATCH" Warning,
    /// The name server's answer did not fit.
    NsResidual "NS_RESIDUAL" Warning,
    /// An FC security error.
    Security "SECURITY" Warning,
    /// FC security was switched off.
    FcsecOff "FCSEC_OFF" Warning,
    /// FC security changed.
    FcsecChanged "FCSEC_CHANGED" Warning,
    /// FC security was switched on.
    FcsecOn "FCSEC_ON" Info,
    /// The device is operational.
    Oper "OPER" Info,
    /// The link is up.
    LinkUp "LINK_UP" Info,
    /// The midlayer added a host.
    HostAdded "HOST_ADDED" Info,
    /// An attribute group is removed that was never added.
    SysfsGroupMissing "SYSFS_GROUP_MISSING" Warning,
    /// A request carries integrity data but has no protection header.
    ProtSdbMissing "PROT_SDB_MISSING" Warning,
    /// The disk driver enables protection.
    DifEnabling "DIF_ENABLING" Info,
    /// The disk driver disables protection.
    DifDisabling "DIF_DISABLING" Info,
    /// The disk reports an unsupported protection type.
    DifUnsupported "DIF_UNSUPPORTED" Err,
    /// An elevator could not be attached.
    ElevatorFailed "ELEVATOR_FAILED" Warning,
    /// The tag set was built with fewer requests.
    ReducedTagDepth "REDUCED_TAG_DEPTH" Info,
    /// A disk is published.
    SdAttached "SD_ATTACHED" Info,
    /// A SCSI device is set offline.
    SdevOffline "SDEV_OFFLINE" Err,
    /// A remote port's loss timer ran out.
    RportLost "RPORT_LOST" Err,
    /// FC work was queued after the host was removed.
    FcWorkRefused "FC_WORK_REFUSED" Err,
    /// Recovery actions were left over at unregister.
    ErpLeftover "ERP_LEFTOVER" Warning,
}

/// A log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LogLine {
    /// Which line.
    pub id: LogId,
    /// Of which FCP device.
    pub device: Option<u8>,
    /// A number that the text carries (a WWPN, a LUN, a count); 0 without one.
    pub argument: u64,
}

/// What a uevent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UeventAction {
    /// A device appeared.
    Add,
    /// A device vanished.
    Remove,
}

/// A uevent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Uevent {
    /// What happened.
    pub action: UeventAction,
    /// To which object.
    pub object: Object,
}

/// A command that reached the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SentCommand {
    /// To which FCP device.
    pub device: u8,
    /// Which command.
    pub command: Command,
    /// The remote port's WWPN or d_id where there is one, else 0.
    pub port: u64,
    /// The LUN where there is one, else 0.
    pub lun: u64,
}

/// Seven characters that name a trigger in the recovery trace area; shorter ones are filled up with zeroes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag([u8; 7]);

impl Tag {
    /// The first seven bytes of a text.
    pub const fn new(text: &str) -> Self {
        let (bytes, mut tag, mut index) = (text.as_bytes(), [0; 7], 0);
        while index < tag.len() && index < bytes.len() {
            tag[index] = bytes[index];
            index += 1;
        }
        Self(tag)
    }

    /// The characters; a question mark if they are no text.
    pub fn text(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..end]).unwrap_or("?")
    }
}

impl PartialEq<&str> for Tag {
    fn eq(&self, other: &&str) -> bool {
        self.text() == *other
    }
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.text())
    }
}

impl Serialize for Tag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// A record of the driver's recovery trace area (driver.md R5, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TraceRecord {
    /// Of which FCP device.
    pub device: u8,
    /// What names the trigger.
    pub tag: Tag,
    /// The recovery type wanted.
    pub wanted: u8,
    /// The recovery type needed; 0xC0 or'ed: none, 0xE0: failed.
    pub needed: u8,
}

/// An FC event posted to user space (driver.md 13.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FcEvent {
    /// Of which FCP device.
    pub device: u8,
    /// LINKUP 2, LINKDOWN 3, RSCN 5.
    pub code: u8,
    /// The RSCN page, else 0.
    pub data: u32,
}

/// Everything that happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A log line.
    Log(LogLine),
    /// A uevent.
    Uevent(Uevent),
    /// A command reached the firmware.
    Command(SentCommand),
    /// A recovery trace record.
    Trace(TraceRecord),
    /// An FC event.
    Fc(FcEvent),
}

/// An event with its place in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// Virtual time, in µs.
    pub time_us: u64,
    /// In which context.
    pub context: Context,
    /// What happened.
    pub event: Event,
}
