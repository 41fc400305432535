//! The same with the real client: first backup, second backup and restore of a tree of 1 GB.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::client::Place;
use crate::{Figure, Result, measure, median};

const FILES: usize = 1000;
const FILE: usize = 1_000_000;

/// Runs restic against one server and fails if it does.
fn restic(program: &Path, scratch: &Path, url: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(["--quiet", "--repo", &format!("rest:{url}"), "--cache-dir"])
        .arg(scratch.join("cache"))
        .args(arguments)
        .env("RESTIC_PASSWORD", "bench")
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("restic {} failed", arguments.join(" ")).into()) }
}

fn tree(path: &Path) -> Result<()> {
    let mut state = 88_172_645_463_325_252_u64;
    for number in 0..FILES {
        let folder = path.join(format!("{:02}", number % 40));
        fs::create_dir_all(&folder)?;
        let mut content = Vec::with_capacity(FILE);
        while content.len() < FILE {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            content.extend_from_slice(&state.to_le_bytes());
        }
        fs::write(folder.join(format!("{number}.bin")), content)?;
    }
    Ok(())
}

/// Deletes everything through the front door: the repository's folder may be out of reach.
fn empty(program: &Path, scratch: &Path, url: &str) -> Result<()> {
    restic(program, scratch, url, &["forget", "--unsafe-allow-remove-all", "--tag", "bench", "--prune"])
}

pub fn run(program: &Path, scratch: &Path, url: &str, ours: &Place, peer: &Place, rounds: usize) -> Result<()> {
    let source = scratch.join("tree");
    let target = scratch.join("restored");
    fs::create_dir_all(&source)?;
    tree(&source)?;
    let peer_url = format!("http://{}{}", peer.address, peer.path);
    let sides = [(url, ours), (peer_url.as_str(), peer)];
    for (url, _) in sides {
        restic(program, scratch, url, &["init"])?;
    }
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let (source, target_text) = (path(&source), path(&target));
    let backup = ["backup", "--tag", "bench", source.as_str()];
    let restore = ["restore", "latest", "--target", target_text.as_str()];
    let steps: [(&str, &[&str]); 3] =
        [("restic first backup", &backup), ("restic second backup", &backup), ("restic restore", &restore)];
    let mut figures: Vec<[Vec<Figure>; 2]> = vec![Default::default(); steps.len()];
    for round in 0..rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for side in order {
            let (url, place) = sides[side];
            for (step, (_, arguments)) in steps.iter().enumerate() {
                figures[step][side].push(measure(place, || {
                    let begun = Instant::now();
                    restic(program, scratch, url, arguments)?;
                    Ok(begun.elapsed())
                })?);
            }
            fs::remove_dir_all(&target)?;
            empty(program, scratch, url)?;
        }
    }
    let gigabytes = (FILES * FILE) as f64 / 1e9;
    for ((name, _), [ours, peer]) in steps.iter().zip(figures) {
        let (ours, peer) = (median(ours), median(peer));
        println!(
            "{name:<24} {:>11.2}s {:>11.2}s {:>6.2}   {:>7.2} {:>7.2} {:>7.0} {:>7.0}",
            ours.seconds,
            peer.seconds,
            peer.seconds / ours.seconds,
            ours.cpu_seconds / gigabytes,
            peer.cpu_seconds / gigabytes,
            ours.peak_megabytes,
            peer.peak_megabytes
        );
    }
    Ok(())
}
