//! What is developed stays, and nothing else does.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use kiosk::platform::images::Job;

use super::*;

impl Room {
    fn pictures(&self) -> std::path::PathBuf {
        self.dir.path().join("pictures")
    }

    /// Name, length and time of every file.
    fn files(&self) -> BTreeMap<String, (u64, SystemTime)> {
        let entries = fs::read_dir(self.pictures()).unwrap();
        let facts = |entry: fs::DirEntry| {
            let there = entry.metadata().unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, (there.len(), there.modified().unwrap()))
        };
        entries.map(|entry| facts(entry.unwrap())).collect()
    }

    fn reopen(&self) -> Studio {
        Studio::open(&self.pictures(), BACKDROP).unwrap()
    }
}

// S1.23: pictures are made once; the second start only reads what is known.
#[test]
fn a_second_start_does_no_work() {
    let room = Room::new();
    let (placed, developed) = room.develop("mug.jpg", &jpeg(&quarters(700, 500)));
    let before = room.files();
    // Without the source there is nothing to make it from.
    fs::remove_file(&placed.path).unwrap();
    let studio = room.reopen();
    assert_eq!(studio.developed(&placed.digest).unwrap(), developed);
    assert_eq!(studio.developed(&placed.digest[..12]).unwrap(), developed);
    assert_eq!(studio.develop(&placed.path, &placed.digest).ok().unwrap(), developed);
    assert_eq!(room.files(), before);
}

#[test]
fn what_a_crash_leaves_is_never_used() {
    let room = Room::new();
    let (first, _) = room.develop("first.jpg", &jpeg(&quarters(400, 400)));
    let second = room.place("second.jpg", &jpeg(&quarters(500, 400)));
    let key = &second.digest[..12];
    // A width in place and half a width beside it, but no line of the index speaks of them yet;
    // half a line does.
    let pictures = room.pictures();
    fs::write(pictures.join(format!("{key}-320.jpg")), b"whole").unwrap();
    fs::write(pictures.join(format!("{key}-480.jpg.1.0.part")), b"ha").unwrap();
    fs::write(pictures.join("notes.txt"), b"somebody's").unwrap();
    let index = pictures.join("index.jsonl");
    let torn = [fs::read(&index).unwrap(), format!("{{\"form\":2,\"key\":\"{key}").into()].concat();
    fs::write(&index, torn).unwrap();

    let studio = room.reopen();
    assert!(studio.developed(&first.digest).is_some());
    assert!(studio.developed(&second.digest).is_none());
    studio.develop(&second.path, &second.digest).ok().unwrap();
    let again = room.reopen();
    assert!(again.developed(&first.digest).is_some() && again.developed(&second.digest).is_some());
    let fallback = again.file(&second.digest, 320, Format::Jpeg).unwrap();
    assert!(image::open(fallback).is_ok(), "the leftover was written over");

    let keep = HashSet::from([first.digest.clone(), second.digest.clone()]);
    assert_eq!(again.sweep(&keep).unwrap(), 1, "half a width goes");
    assert!(room.files().contains_key("notes.txt"));
}

#[test]
fn a_picture_that_misses_a_file_is_made_again() {
    let room = Room::new();
    let (placed, _) = room.develop("mug.jpg", &jpeg(&quarters(400, 400)));
    fs::remove_file(room.studio.file(&placed.digest, 320, Format::WebP).unwrap()).unwrap();
    let studio = room.reopen();
    assert!(studio.developed(&placed.digest).is_none());
    studio.develop(&placed.path, &placed.digest).ok().unwrap();
    assert!(room.reopen().developed(&placed.digest).is_some());
}

#[test]
fn another_backdrop_makes_pictures_again() {
    let room = Room::new();
    let (placed, _) = room.develop("disc.png", &encoded(disc(330), ImageFormat::Png));
    let studio = Studio::open(&room.pictures(), [0, 0, 0]).unwrap();
    assert!(studio.developed(&placed.digest).is_none());
    studio.develop(&placed.path, &placed.digest).ok().unwrap();
    let fallback = room.picture(&placed, 320, Format::Jpeg).into_rgb8();
    assert_near(*fallback.get_pixel(4, 4), [0, 0, 0], "on black");
}

#[test]
fn a_sweep_leaves_what_is_needed() {
    let room = Room::new();
    let (kept, _) = room.develop("kept.jpg", &jpeg(&quarters(400, 400)));
    let (gone, developed) = room.develop("gone.jpg", &jpeg(&quarters(401, 400)));
    let files = developed.renditions(Format::Jpeg).len() + developed.renditions(Format::WebP).len();
    let keep = HashSet::from([kept.digest.clone()]);
    assert_eq!(room.studio.sweep(&keep).unwrap(), files);
    assert_eq!(room.studio.sweep(&keep).unwrap(), 0);
    assert!(room.studio.developed(&gone.digest).is_none());
    assert!(room.studio.file(&kept.digest, 320, Format::Jpeg).unwrap().exists());
    assert!(room.files().keys().all(|name| !name.starts_with(&gone.digest[..12])));
    let again = room.reopen();
    assert!(again.developed(&kept.digest).is_some() && again.developed(&gone.digest).is_none());
}

// S2.109: the status of every picture comes out of one run.
#[test]
fn many_are_developed_at_once_and_the_bad_ones_named() {
    let room = Room::new();
    let mut jobs = Vec::new();
    for number in 0..9 {
        let name = format!("{number}.png");
        let placed = match number {
            4 => room.place(&name, b"no picture"),
            _ => room.place(&name, &encoded(varied(number), ImageFormat::Png)),
        };
        jobs.push(Job { source: placed.path, digest: placed.digest });
    }
    jobs.push(jobs[0].clone());
    let (calls, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let progress = |done: usize, of: usize| {
        assert_eq!(of, 10);
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(done, Ordering::Relaxed);
    };
    assert!(room.studio.develop_all(&jobs, 3, &|| true, progress).unwrap().is_empty());
    assert_eq!(calls.load(Ordering::Relaxed), 0, "stopped before anything began");
    let unfit = room.studio.develop_all(&jobs, 3, &|| false, progress).unwrap();
    assert_eq!(unfit, [(4, Unfit::Stranger { really: None })]);
    assert_eq!((calls.load(Ordering::Relaxed), most.load(Ordering::Relaxed)), (10, 10));
    let known = jobs.iter().filter(|job| room.studio.developed(&job.digest).is_some());
    assert_eq!(known.count(), 9);
    assert!(room.studio.develop_all(&[], 3, &|| false, progress).unwrap().is_empty());
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault_and_costs_no_original() {
    let room = Room::new();
    let bytes = jpeg(&quarters(400, 400));
    let placed = room.place("mug.jpg", &bytes);
    fs::remove_dir_all(room.pictures()).unwrap();
    let fault = room.studio.develop(&placed.path, &placed.digest);
    assert!(matches!(fault, Err(Failure::Fault(_))));
    let jobs = [Job { source: placed.path.clone(), digest: placed.digest.clone() }];
    let fault = room.studio.develop_all(&jobs, 1, &|| false, |_, _| {}).unwrap_err();
    assert!(fault.to_string().contains("pictures"), "{fault}");
    assert!(room.studio.developed(&placed.digest).is_none());
    assert_eq!(fs::read(&placed.path).unwrap(), bytes);
}

// S1.23: AVIF follows width by width, can be stopped and goes on where it was.
#[test]
fn avif_follows_and_is_offered_when_it_is_complete() {
    let room = Room::new();
    let placed = room.place("mug.jpg", &jpeg(&quarters(500, 500)));
    let asked = AtomicUsize::new(0);
    // Asked once before the source is read, then before each width.
    let after_one = || asked.fetch_add(1, Ordering::Relaxed) >= 2;
    let begun = room.studio.develop_avif(&placed.path, &placed.digest, &after_one).ok().unwrap();
    assert!(begun.wants_avif() && begun.renditions(Format::Avif).is_empty());
    assert!(!begun.renditions(Format::Jpeg).is_empty(), "the rest is there");
    assert_eq!(room.studio.file(&placed.digest, 320, Format::Avif), None, "not in part");
    let first = room.pictures().join(format!("{}-160.avif", &placed.digest[..12]));
    let made = fs::metadata(&first).unwrap().modified().unwrap();

    let studio = room.reopen();
    let done = studio.develop_avif(&placed.path, &placed.digest, &|| false).ok().unwrap();
    assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), made, "not made again");
    assert!(!done.wants_avif());
    assert_eq!(room.reopen().developed(&placed.digest).unwrap(), done);
    let widths: Vec<u32> = done.renditions(Format::Avif).iter().map(|r| r.width).collect();
    assert_eq!(widths, [160, 320, 500]);
    for width in widths {
        let file = studio.file(&placed.digest, width, Format::Avif).unwrap();
        let size = imagesize::size(file).unwrap();
        assert_eq!((size.width, size.height), (width as usize, width as usize));
    }
}
