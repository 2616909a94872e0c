//! The figures the README reports: start-up, memory, size. Prints one line each.
//!
//! Run with `make bench`. Times are medians of several runs on this machine; compare them with
//! each other, not with other machines.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a report for people")]
#![allow(clippy::disallowed_methods, reason = "measuring time is what this is for")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each measurement.
const RUNS: usize = 5;
/// Products of the large shop.
const PRODUCTS: usize = 1000;

fn main() {
    let binary = Path::new(env!("CARGO_BIN_EXE_kiosk"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    println!("binary size            {:>8.1} MB", mebi(fs::metadata(binary).unwrap().len()));
    let demo = root.join("content");
    let (start, memory) = measure(binary, &demo, dir.path(), "demo", "/");
    println!("demo shop: first page  {start:>8.1} ms");
    println!("demo shop: idle memory {memory:>8.1} MB");
    let large = large_shop(&demo, dir.path());
    let (start, memory) = measure(binary, &large, dir.path(), "large", "/product/thing-500/");
    println!("{PRODUCTS} products: first page {start:>6.1} ms (second start, nothing changed)");
    println!("{PRODUCTS} products: memory     {memory:>6.1} MB");
}

#[allow(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "a figure for people")]
fn mebi(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// Median start to first page in milliseconds, and memory of the idle shop.
fn measure(binary: &Path, content: &Path, dir: &Path, name: &str, page: &str) -> (f64, f64) {
    let data = dir.join(format!("{name}-data"));
    drop(start(binary, content, &data, page));
    let mut times = Vec::new();
    let mut memory = 0.0;
    for _ in 0..RUNS {
        let running = start(binary, content, &data, page);
        times.push(running.took);
        std::thread::sleep(Duration::from_secs(2));
        memory = running.memory();
    }
    times.sort();
    (millis(times[RUNS / 2]), memory)
}

#[allow(clippy::float_arithmetic, reason = "a figure for people")]
fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

struct Running {
    child: Child,
    took: Duration,
}

impl Running {
    fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        mebi(kib * 1024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(binary: &Path, content: &Path, data: &Path, page: &str) -> Running {
    let begun = Instant::now();
    let mut child = Command::new(binary)
        .arg("serve")
        .env("KIOSK_CONTENT_DIR", content)
        .env("KIOSK_DATA_DIR", data)
        .env("KIOSK_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().rsplit_once("http://").unwrap().1.to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let ask = format!("GET {page} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Running { child, took: begun.elapsed() }
}

/// The demonstration shop with a thousand products more, sharing its pictures.
fn large_shop(demo: &Path, dir: &Path) -> PathBuf {
    let content = dir.join("large");
    copy(demo, &content);
    let pictures: Vec<String> = fs::read_dir(demo.join("images"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for n in 0..PRODUCTS {
        let picture = &pictures[n % pictures.len()];
        let text = format!(
            "sku = \"BENCH-{n}\"\ntitle = \"Thing number {n}\"\nprice = \"{}.50\"\n\
             category = \"tableware/bowls\"\ntags = [\"thing\"]\nstatus = \"live\"\n\
             description = \"\"\"\nMade for measuring, number **{n}**.\n\n- one\n- two\n\"\"\"\n\n\
             [[images]]\nfile = \"{picture}\"\nalt = \"Thing number {n}\"\n\n\
             [stock]\nopening = 50\n",
            10 + n % 90
        );
        fs::write(content.join(format!("products/thing-{n}.toml")), text).unwrap();
    }
    content
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
