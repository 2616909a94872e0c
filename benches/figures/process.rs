//! Programs under the watch: how long they take, how much processor and memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;

/// How often a running program is asked for its memory.
const SAMPLE: Duration = Duration::from_millis(4);
/// The longest a server may take to open.
const OPENING: Duration = Duration::from_mins(2);

/// What one run of a program took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spent {
    /// From its start to its end, seconds.
    pub wall_s: f64,
    /// Processor time of all its threads, seconds, in steps of ten milliseconds.
    pub cpu_s: f64,
    /// The most memory it had, MiB.
    pub peak_mib: f64,
}

/// Runs a program to its end; what it said with what it took.
pub(crate) fn watch(mut command: Command) -> (Spent, String) {
    let cpu_before = ticks("/proc/self/stat", 15) + ticks("/proc/self/stat", 16);
    let begun = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let over = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&over);
    let sampler = thread::spawn(move || {
        let mut peak = 0.0;
        while !watched.load(Ordering::Relaxed) {
            peak = memory(&status, "VmHWM").unwrap_or(peak);
            thread::sleep(SAMPLE);
        }
        peak
    });
    let ended = child.wait_with_output().unwrap();
    let wall_s = begun.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    let peak_mib = sampler.join().unwrap();
    let cpu_after = ticks("/proc/self/stat", 15) + ticks("/proc/self/stat", 16);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{command:?}: {said}{wrong}");
    (Spent { wall_s, cpu_s: cpu_after - cpu_before, peak_mib }, said)
}

/// A line of a process's status in MiB; nothing when it is gone.
fn memory(status: &str, name: &str) -> Option<f64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// A field of a process's `stat`, counted from 0 at its number, in seconds.
fn ticks(stat: &str, field: usize) -> f64 {
    let Ok(stat) = fs::read_to_string(stat) else { return 0.0 };
    // The name in brackets may hold spaces; it is field 1.
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after.split_whitespace().nth(field - 2).unwrap().parse().unwrap();
    ticks / 100.0
}

/// A server that is open. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub base: String,
    /// From its start until it answered, seconds.
    pub opened_s: f64,
}

impl Server {
    /// Starts our shop on a free port, by a command that may pin it, and asks for a page.
    pub(crate) fn kiosk(mut command: Command, content: &Path, data: &Path, page: &str) -> Self {
        command.env("KIOSK_CONTENT_DIR", content).env("KIOSK_DATA_DIR", data);
        // Connections of one address are limited, except those of a proxy.
        command.env("KIOSK_LISTEN", "127.0.0.1:0").env("KIOSK_TRUSTED_PROXIES", "127.0.0.1");
        let begun = Instant::now();
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let opened = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once(" is open at ").map(|(_, base)| base.to_owned())
        });
        let base = opened.expect("the shop opens");
        // Whatever it says later must find somebody listening.
        thread::spawn(move || lines.for_each(drop));
        assert_eq!(get(&client(), &format!("{base}{page}")).0, 200, "{page}");
        Self { child, base, opened_s: begun.elapsed().as_secs_f64() }
    }

    /// Starts another server and waits until it answers at `base`.
    pub(crate) fn other(mut command: Command, base: String, page: &str) -> Self {
        let begun = Instant::now();
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = quiet.spawn().unwrap();
        let (agent, url) = (client(), format!("{base}{page}"));
        while get(&agent, &url).0 != 200 {
            assert!(begun.elapsed() < OPENING, "{command:?} does not answer at {url}");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, base, opened_s: begun.elapsed().as_secs_f64() }
    }

    /// Waits until it has done what it does after opening: proof of the books, packing, pictures;
    /// seconds.
    pub(crate) fn settled_s(&self) -> f64 {
        let begun = Instant::now();
        loop {
            let before = self.cpu_s();
            thread::sleep(Duration::from_secs(2));
            if self.cpu_s() - before < 0.1 || begun.elapsed() > Duration::from_mins(3) {
                return begun.elapsed().as_secs_f64();
            }
        }
    }

    /// Memory in use now, MiB.
    pub(crate) fn memory_mib(&self) -> f64 {
        memory(&format!("/proc/{}/status", self.child.id()), "VmRSS").unwrap()
    }

    /// Processor time so far, with that of the processes it has started, seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        let of = |id: &str| {
            let stat = format!("/proc/{id}/stat");
            ticks(&stat, 13) + ticks(&stat, 14)
        };
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.unwrap_or_default();
        of(&id.to_string()) + children.split_whitespace().map(of).sum::<f64>()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A polite end first, so that what it has started ends with it.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let politely = asked.is_ok_and(|status| status.success());
        if !politely {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A client that keeps its line open.
pub(crate) fn client() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .proxy(None)
        .build();
    config.new_agent()
}

/// A page's status and words; 0 when nobody answers.
pub(crate) fn get(agent: &Agent, url: &str) -> (u16, String) {
    let Ok(mut answer) = agent.get(url).call() else { return (0, String::new()) };
    let body = answer.body_mut().with_config().limit(64 << 20).read_to_string();
    (answer.status().as_u16(), body.unwrap_or_default())
}
