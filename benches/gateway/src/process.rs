//! What a process has used, from `/proc`.

use std::fs;
use std::io;

/// Clock ticks per second, as the kernel reports them to every program.
const TICKS: f64 = 100.0;

fn number(text: Option<&str>) -> io::Result<f64> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| io::Error::other("an odd line in /proc"))
}

/// Processor seconds so far.
pub fn cpu_seconds(pid: u32) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or_else(|| io::Error::other("an odd /proc/*/stat"))?;
    let mut fields = fields.split(' ').skip(11);
    Ok((number(fields.next())? + number(fields.next())?) / TICKS)
}

/// Peak memory in MB since the last reset.
pub fn peak_megabytes(pid: u32) -> io::Result<f64> {
    megabytes(pid, "VmHWM:")
}

/// Memory in MB now.
pub fn megabytes_now(pid: u32) -> io::Result<f64> {
    megabytes(pid, "VmRSS:")
}

fn megabytes(pid: u32, field: &str) -> io::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    Ok(number(line.and_then(|line| line.split_whitespace().next()))? * 1024.0 / 1e6)
}

pub fn reset_peak(pid: u32) -> io::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5")
}
