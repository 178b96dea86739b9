//! A guest that means harm, for the sandbox's test: it runs as init of User-Mode Linux, or in the sandbox as if it had broken out.
//!
//! What it does is the first word of `/mode`, or of the argument `mode=…`; the second is a mark by which what it leaves behind would be known.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::mount::{MsFlags, mount};
use nix::sys::signal::SigSet;

/// Where it tries to leave a file.
const PLACES: &[&str] =
    &["/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/run", "/root", "/home", "/usr", "/linux", ".", ".."];
/// Children of one process that forks.
const CHILDREN: usize = 8;

fn main() {
    let argument = std::env::args().find_map(|word| word.strip_prefix("mode=").map(str::to_owned));
    let text = argument.or_else(|| fs::read_to_string("/mode").ok()).unwrap_or_default();
    let (mode, mark) = text.trim().split_once(':').unwrap_or((text.trim(), "hostile"));
    let _ = SigSet::all().thread_block();
    match mode {
        "write" => write(mark),
        "fork" => fork(mark),
        "garbage" => garbage(),
        "flood" => flood(b"{\"step_done\":{\"step\":0,\"code\":0}}\n"),
        "line" => flood(&[b'x'; 4096]),
        "spin" => loop {
            std::hint::spin_loop();
        },
        _ => {}
    }
    loop {
        thread::sleep(Duration::from_secs(1000));
    }
}

/// The channel of facts: the serial line, or the descriptor itself.
fn channel() -> Option<File> {
    let line = OpenOptions::new().write(true).open("/dev/ttyS0").ok();
    line.or_else(|| std::io::stdin().as_fd().try_clone_to_owned().ok().map(File::from))
}

/// Tries to reach everything, and says what could be written.
fn write(mark: &str) {
    for kind in ["hostfs", "proc", "sysfs", "devtmpfs", "tmpfs"] {
        let place = format!("/tmp/{mark}-{kind}");
        let _ = fs::create_dir_all(&place);
        let _ = mount(Some("none"), place.as_str(), Some(kind), MsFlags::empty(), None::<&str>);
        let _ = fs::write(format!("{place}/tmp/{mark}"), mark);
    }
    for place in PLACES {
        if fs::write(format!("{place}/{mark}"), mark).is_ok() {
            println!("wrote {place}");
        }
    }
    for file in ["/linux", "/initramfs", "/dev/null", "/proc/sys/kernel/core_pattern"] {
        if OpenOptions::new().append(true).open(file).is_ok() {
            println!("opened {file}");
        }
    }
    println!("network {}", std::net::TcpStream::connect(("127.0.0.1", 22)).is_ok());
    if let Ok(entries) = fs::read_dir("/proc") {
        println!(
            "processes {}",
            entries.flatten().filter(|e| e.file_name().to_string_lossy().parse::<u32>().is_ok()).count()
        );
    }
}

/// Children in sessions of their own that fork in their turn, as long as there is room.
fn fork(mark: &str) {
    let myself = std::env::current_exe().unwrap_or_else(|_| "/linux".into());
    let _ = nix::unistd::setsid();
    for _ in 0..CHILDREN {
        for program in [myself.as_path(), "/init".as_ref(), "/linux".as_ref()] {
            if Command::new(program).arg(format!("mode=sleep:{mark}")).spawn().is_ok() {
                println!("forked");
                break;
            }
        }
    }
}

/// Everything that a reader might choke on.
fn garbage() {
    let Some(mut channel) = channel() else { return };
    for junk in [
        &b"\xff\xfe\x00\x00"[..],
        b"{",
        b"}\n",
        b"{\"end\":{}}\n",
        b"{\"hello\":null}\n",
        &[0; 64],
        b"\n\n\r\n",
        b"[[[[[[[[[[\n",
    ] {
        let _ = channel.write_all(junk);
        println!("Kernel panic - not syncing: \u{7f} addr 0xzz +0x/0x RIP: :+0x");
    }
}

/// Never ends.
fn flood(block: &[u8]) {
    let Some(mut channel) = channel() else { return };
    while channel.write_all(block).is_ok() {}
}
