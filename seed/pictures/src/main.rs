//! Renders the demo shop's product photographs.
//!
//! `pictures all --out content/images` draws every picture that `scenes.toml` lists and that is
//! not there yet. `pictures sheet` puts many of them side by side for looking over.

mod camera;
mod denoise;
mod field;
mod file;
mod ground;
mod light;
mod materials;
mod noise;
mod objects;
mod palette;
mod render;
mod sdf;
mod trace;
mod vector;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde::Deserialize;

const USAGE: &str = "\
pictures all --out DIR [--only TEXT] [--size 900] [--samples 16] [--force] [--scenes FILE]
    renders the pictures that are missing (with --force: all of them)
pictures sheet --out DIR --sheet FILE.png [--only TEXT] [--columns 6] [--tile 300]
    puts rendered pictures on one contact sheet
--only takes parts of file names, with commas between them";

/// `scenes.toml`.
#[derive(Deserialize)]
struct Scenes {
    backdrop: String,
    #[serde(flatten)]
    palette: palette::Palette,
    picture: Vec<Picture>,
}

/// One picture to be made.
#[derive(Deserialize)]
struct Picture {
    file: String,
    object: String,
    finish: String,
}

/// The command line.
struct Options {
    command: String,
    out: PathBuf,
    scenes: PathBuf,
    sheet: PathBuf,
    only: Vec<String>,
    size: usize,
    samples: usize,
    columns: usize,
    tile: u32,
    force: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            command: args.next().unwrap_or_default(),
            out: PathBuf::from("content/images"),
            scenes: Path::new(env!("CARGO_MANIFEST_DIR")).join("scenes.toml"),
            sheet: PathBuf::from("sheet.png"),
            only: Vec::new(),
            size: 900,
            samples: 16,
            columns: 6,
            tile: 300,
            force: false,
        };
        while let Some(name) = args.next() {
            if name == "--force" {
                options.force = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            let number = || value.parse::<usize>().map_err(|_| format!("{value:?} is no number"));
            match name.as_str() {
                "--out" => options.out = value.into(),
                "--scenes" => options.scenes = value.into(),
                "--sheet" => options.sheet = value.into(),
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--size" => options.size = number()?.clamp(32, 4000),
                "--samples" => options.samples = number()?.clamp(1, 4096),
                "--columns" => options.columns = number()?.clamp(1, 40),
                "--tile" => options.tile = number()?.clamp(16, 2000) as u32,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }

    fn wants(&self, picture: &Picture) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| picture.file.contains(part.as_str()))
    }
}

fn main() -> ExitCode {
    let outcome = Options::parse(std::env::args().skip(1)).and_then(|options| run(&options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("pictures: {message}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let text = std::fs::read_to_string(&options.scenes)
        .map_err(|e| format!("{}: {e}", options.scenes.display()))?;
    let scenes: Scenes = toml::from_str(&text).map_err(|e| e.to_string())?;
    match options.command.as_str() {
        "all" => all(options, &scenes),
        "sheet" => {
            let wanted = scenes.picture.iter().filter(|p| options.wants(p));
            let paths: Vec<PathBuf> = wanted.map(|p| options.out.join(&p.file)).collect();
            file::contact_sheet(&paths, options.columns, options.tile, &options.sheet)
        }
        other => Err(format!("unknown command {other:?}")),
    }
}

#[allow(clippy::disallowed_methods, reason = "only measures how long a picture took")]
fn all(options: &Options, scenes: &Scenes) -> Result<(), String> {
    let backdrop = vector::hex(&scenes.backdrop).ok_or("backdrop is not a colour")?;
    let studio = light::Studio::new();
    let side = ((options.samples as f32).sqrt().round() as usize).max(1);
    let settings = render::Settings { size: options.size, side };
    std::fs::create_dir_all(&options.out).map_err(|e| e.to_string())?;
    for picture in scenes.picture.iter().filter(|p| options.wants(p)) {
        let path = options.out.join(&picture.file);
        if path.exists() && !options.force {
            continue;
        }
        let start = Instant::now();
        let object = objects::build(&picture.object, &scenes.palette, &picture.finish)
            .map_err(|e| format!("{}: {e}", picture.file))?;
        let pixels = render::render(&object, &studio, backdrop, &settings);
        let bytes = file::save(&path, &pixels, options.size)?;
        let seconds = start.elapsed().as_secs_f32();
        println!("{} {} KB, {seconds:.1} s", picture.file, bytes / 1000);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::v3;

    fn scenes() -> Scenes {
        toml::from_str(include_str!("../scenes.toml")).expect("scenes.toml is read")
    }

    /// The least distance to `object` on a level.
    fn nearest_at(object: &objects::Object, y: f32) -> f32 {
        let place = |c: usize| c as f32 / 60.0 * 3.0 - 1.5;
        let points = (0..61 * 61).map(|i| v3(place(i % 61), y, place(i / 61)));
        points.map(|p| object.distance(p)).fold(f32::MAX, f32::min)
    }

    #[test]
    fn every_picture_can_be_built_under_its_own_name() {
        let scenes = scenes();
        for picture in &scenes.picture {
            assert_eq!(picture.file, format!("{}-{}.jpg", picture.object, picture.finish));
            objects::build(&picture.object, &scenes.palette, &picture.finish)
                .expect("a known finish");
        }
    }

    #[test]
    fn every_object_stands_on_the_floor() {
        let scenes = scenes();
        let mut seen = std::collections::BTreeSet::new();
        for picture in &scenes.picture {
            if !seen.insert(&picture.object) {
                continue;
            }
            let object = objects::build(&picture.object, &scenes.palette, &picture.finish)
                .expect("a known finish");
            let (touching, below) = (nearest_at(&object, 0.0), nearest_at(&object, -0.10));
            assert!(touching < 0.045, "{} floats at {touching}", picture.object);
            assert!(below > 0.02, "{} sinks to {below}", picture.object);
        }
    }
}
