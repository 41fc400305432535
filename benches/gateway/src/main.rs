//! Drives a gateway and rest-server in turn on the same disk and prints the ratios. See `benches/README.md`.

mod blobs;
mod client;
mod process;
mod restic;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use blobs::Blobs;
use client::{Place, Verb, drive};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MIB: usize = 1024 * 1024;

/// A line of the result.
#[derive(Clone, Copy, Debug)]
struct Row {
    verb: Verb,
    length: usize,
    connections: usize,
    /// Different blobs.
    blobs: usize,
    requests: usize,
}

const fn row(verb: Verb, length: usize, connections: usize, blobs: usize, requests: usize) -> Row {
    Row { verb, length, connections, blobs, requests }
}

/// A GET fetches what the PUT before it has stored.
const ROWS: [Row; 12] = [
    row(Verb::Put, 16 * MIB, 1, 48, 48),
    row(Verb::Get, 16 * MIB, 1, 48, 96),
    row(Verb::Put, 16 * MIB, 8, 64, 64),
    row(Verb::Get, 16 * MIB, 8, 64, 192),
    row(Verb::Put, 16 * MIB, 64, 128, 128),
    row(Verb::Get, 16 * MIB, 64, 128, 256),
    row(Verb::Put, 4096, 1, 3000, 3000),
    row(Verb::Get, 4096, 1, 3000, 20_000),
    row(Verb::Put, 4096, 8, 8000, 8000),
    row(Verb::Get, 4096, 8, 8000, 60_000),
    row(Verb::Put, 4096, 64, 12_000, 12_000),
    row(Verb::Get, 4096, 64, 12_000, 60_000),
];

/// What was measured of one server in one row.
#[derive(Clone, Copy, Debug)]
struct Figure {
    seconds: f64,
    cpu_seconds: f64,
    peak_megabytes: f64,
}

#[derive(Debug)]
struct Arguments {
    url: String,
    pid: u32,
    peer: PathBuf,
    restic: Option<PathBuf>,
    scratch: PathBuf,
    rounds: usize,
    only: Option<String>,
    /// Bytes per second that the device is limited to: only how well that is kept is measured.
    rate: Option<u64>,
}

fn arguments() -> Result<Arguments> {
    let mut given = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or("options begin with --")?.to_owned();
        given.insert(name, words.next().ok_or("every option has a value")?);
    }
    let mut take = |name: &str| given.remove(name);
    let arguments = Arguments {
        url: take("url").ok_or("--url http://user:password@host:port/restic/<repository>/ is missing")?,
        pid: take("pid").ok_or("--pid of the server is missing")?.parse()?,
        peer: take("rest-server").ok_or("--rest-server <program> is missing")?.into(),
        restic: take("restic").map(Into::into),
        scratch: take("scratch").ok_or("--scratch <directory on the pool's disk> is missing")?.into(),
        rounds: take("rounds").as_deref().unwrap_or("3").parse()?,
        only: take("only"),
        rate: take("rate").map(|rate| rate.parse()).transpose()?,
    };
    match given.keys().next() {
        None => Ok(arguments),
        Some(name) => Err(format!("there is no option --{name}").into()),
    }
}

/// A running rest-server; ends with this value.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts rest-server without authentication: it has less to do than a gateway that checks passwords.
fn start_peer(program: &Path, directory: &Path) -> Result<(Peer, Place)> {
    // Free at this moment; the listener that says so is gone again before rest-server starts.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    std::fs::create_dir_all(directory)?;
    let child = Command::new(program)
        .args(["--no-auth", "--listen", address.as_str(), "--path"])
        .arg(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let place = Place { address: address.to_owned(), path: "/bench/".to_owned(), authorization: None, pid: child.id() };
    let peer = Peer(child);
    let end = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(&place.address).is_err() {
        if Instant::now() > end {
            return Err("rest-server does not answer".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok((peer, place))
}

/// Takes `http://user:password@host:port/path/` apart.
fn place(url: &str, pid: u32) -> Result<Place> {
    let rest = url.strip_prefix("http://").ok_or("only http:// is measured")?;
    let (credentials, rest) = rest.split_once('@').ok_or("the URL has no user")?;
    let (address, path) = rest.split_once('/').ok_or("the URL has no path")?;
    Ok(Place {
        address: address.to_owned(),
        path: format!("/{}/", path.trim_end_matches('/')),
        authorization: Some(format!("Basic {}", base64(credentials.as_bytes()))),
        pid,
    })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, i| number << 8 | usize::from(three.get(i).copied().unwrap_or(0)));
        for digit in 0..4 {
            text.push(if digit <= three.len() { char::from(DIGITS[number >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    text
}

fn post_create(place: &Place) -> Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(&place.address)?;
    let authorization = place.authorization.as_ref().map(|value| format!("Authorization: {value}\r\n"));
    write!(
        stream,
        "POST {}?create=true HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: 0\r\n{}\r\n",
        place.path,
        authorization.unwrap_or_default()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
}

/// Lets the disk come to rest, so that a server does not pay for the one before it.
fn settle() -> Result<()> {
    Command::new("sync").status()?;
    std::thread::sleep(Duration::from_millis(300));
    Ok(())
}

fn measure(place: &Place, work: impl FnOnce() -> Result<Duration>) -> Result<Figure> {
    settle()?;
    process::reset_peak(place.pid)?;
    let before = process::cpu_seconds(place.pid)?;
    let elapsed = work()?;
    Ok(Figure {
        seconds: elapsed.as_secs_f64(),
        cpu_seconds: process::cpu_seconds(place.pid)? - before,
        peak_megabytes: process::peak_megabytes(place.pid)?,
    })
}

fn median(mut figures: Vec<Figure>) -> Figure {
    figures.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let middle = figures[figures.len() / 2];
    let peak = figures.iter().map(|figure| figure.peak_megabytes).fold(0.0, f64::max);
    Figure { peak_megabytes: peak, ..middle }
}

/// How near to the rate that is set bytes pass, for about ten seconds each.
fn throttled(ours: &Place, rate: u64, rounds: usize) -> Result<()> {
    post_create(ours)?;
    println!("{:<24} {:>14} {:>14} {:>8} {:>13}", "", "set, MB/s", "measured", "ratio", "CPU s per GB");
    let mut series = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos() as u64;
    let length = if rate < 10_000_000 { MIB } else { 16 * MIB };
    let requests = usize::try_from(rate * 10)?.div_ceil(length).max(8);
    for connections in [1, 8] {
        let mut figures = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            series = series.wrapping_add(1);
            let blobs = Blobs::new(length, requests, series);
            for (verb, figures) in [Verb::Put, Verb::Get].into_iter().zip(&mut figures) {
                figures.push(measure(ours, || Ok(drive(ours, verb, &blobs, connections, requests)?))?);
            }
            delete(ours, &blobs)?;
        }
        for (verb, figures) in ["PUT", "GET"].into_iter().zip(figures) {
            let figure = median(figures);
            let bytes = (length * requests) as f64;
            println!(
                "{:<24} {:>14.3} {:>14.3} {:>8.3} {:>13.2}",
                format!("{verb}, {connections}"),
                rate as f64 / 1e6,
                bytes / figure.seconds / 1e6,
                bytes / figure.seconds / rate as f64,
                figure.cpu_seconds / (bytes / 1e9)
            );
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments = arguments()?;
    let ours = place(&arguments.url, arguments.pid)?;
    if let Some(rate) = arguments.rate {
        return throttled(&ours, rate, arguments.rounds);
    }
    let peer_directory = arguments.scratch.join("rest-server");
    let (_peer, peer) = start_peer(&arguments.peer, &peer_directory)?;
    println!(
        "idle memory: gateway {:.0} MB, rest-server {:.0} MB",
        process::megabytes_now(ours.pid)?,
        process::megabytes_now(peer.pid)?
    );
    post_create(&ours)?;
    post_create(&peer)?;

    println!(
        "{:<24} {:>12} {:>12} {:>6}   {:>15} {:>15}",
        "", "gateway", "rest-server", "ratio", "CPU s per GB", "peak MB"
    );
    let mut series = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos() as u64;
    for pair in ROWS.chunks(2) {
        let name = |row: &Row| {
            let unit = if row.length >= MIB { "16 MiB" } else { "4 KiB" };
            format!("{} {unit}, {}", if row.verb == Verb::Put { "PUT" } else { "GET" }, row.connections)
        };
        if arguments.only.as_ref().is_some_and(|only| !pair.iter().any(|row| name(row).contains(only.as_str()))) {
            continue;
        }
        let mut figures = vec![(Vec::new(), Vec::new()); pair.len()];
        for round in 0..arguments.rounds {
            series = series.wrapping_add(1);
            let blobs = Blobs::new(pair[0].length, pair[0].blobs, series);
            for (i, row) in pair.iter().enumerate() {
                let run = |place: &Place| {
                    measure(place, || Ok(drive(place, row.verb, &blobs, row.connections, row.requests)?))
                };
                // Who goes first changes, so that neither has the better half of a slow drift.
                if round % 2 == 0 {
                    figures[i].0.push(run(&ours)?);
                    figures[i].1.push(run(&peer)?);
                } else {
                    figures[i].1.push(run(&peer)?);
                    figures[i].0.push(run(&ours)?);
                }
            }
            // Large ones go, to spare the disk. Thousands of small ones stay: some file systems are slow to give out
            // what was freed a moment ago, and that is no server's doing.
            if pair[0].length >= MIB {
                delete(&ours, &blobs)?;
                delete(&peer, &blobs)?;
            }
        }
        for (row, (ours, peer)) in pair.iter().zip(figures) {
            let (ours, peer) = (median(ours), median(peer));
            let gigabytes = (row.length * row.requests) as f64 / 1e9;
            let speed = |figure: Figure| {
                if row.length >= MIB {
                    format!("{:.0} MB/s", gigabytes * 1000.0 / figure.seconds)
                } else {
                    format!("{:.0} /s", row.requests as f64 / figure.seconds)
                }
            };
            println!(
                "{:<24} {:>12} {:>12} {:>6.2}   {:>7.2} {:>7.2} {:>7.0} {:>7.0}",
                name(row),
                speed(ours),
                speed(peer),
                peer.seconds / ours.seconds,
                ours.cpu_seconds / gigabytes,
                peer.cpu_seconds / gigabytes,
                ours.peak_megabytes,
                peer.peak_megabytes
            );
        }
    }
    if let Some(program) = &arguments.restic
        && arguments.only.as_deref().is_none_or(|only| only == "restic")
    {
        restic::run(program, &arguments.scratch, &arguments.url, &ours, &peer, arguments.rounds)?;
    }
    Ok(())
}

fn delete(place: &Place, blobs: &Blobs) -> Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(&place.address)?;
    let authorization = place.authorization.as_ref().map(|value| format!("Authorization: {value}\r\n"));
    let authorization = authorization.unwrap_or_default();
    let mut buffer = [0; 4096];
    for number in 0..blobs.len() {
        let name = blobs.name(number);
        let request = format!("DELETE {}data/{name} HTTP/1.1\r\nHost: bench\r\n{authorization}\r\n", place.path);
        stream.write_all(request.as_bytes())?;
        let read = stream.read(&mut buffer)?;
        if !buffer[..read].starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&buffer[..read]).into());
        }
    }
    Ok(())
}
