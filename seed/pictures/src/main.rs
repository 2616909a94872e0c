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
mod scene;
mod sdf;
mod trace;
mod vector;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use scene::Scenes;

const USAGE: &str = "\
pictures all --out DIR [--only TEXT] [--size 1600] [--samples 4] [--force] [--scenes FILE]
    renders the pictures that are missing (with --force: all of them)
pictures sheet --out DIR --sheet FILE.png [--only TEXT] [--columns 6] [--tile 300]
    puts rendered pictures on one contact sheet
--only takes parts of pictures' names, or =NAME for one alone, with commas between them";

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
            size: 1600,
            samples: 4,
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

    /// Where the picture `name` lies.
    fn path(&self, name: &str) -> PathBuf {
        self.out.join(name).with_extension("webp")
    }

    /// Whether `name` is to be rendered: it contains a part given, or is one that begins with `=`.
    fn wants(&self, name: &str) -> bool {
        let fits = |part: &String| match part.strip_prefix('=') {
            Some(whole) => whole == name,
            None => name.contains(part.as_str()),
        };
        self.only.is_empty() || self.only.iter().any(fits)
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
    let scenes = Scenes::parse(&text)?;
    let names: Vec<String> = scenes.names().into_iter().filter(|n| options.wants(n)).collect();
    match options.command.as_str() {
        "all" => all(options, &scenes, &names),
        "sheet" => {
            let paths: Vec<PathBuf> = names.iter().map(|name| options.path(name)).collect();
            file::contact_sheet(&paths, options.columns, options.tile, &options.sheet)
        }
        other => Err(format!("unknown command {other:?}")),
    }
}

#[allow(clippy::disallowed_methods, reason = "only measures how long a picture took")]
fn all(options: &Options, scenes: &Scenes, names: &[String]) -> Result<(), String> {
    let backdrop = scenes.backdrop()?;
    let studio = light::Studio::new();
    let side = ((options.samples as f32).sqrt().round() as usize).max(1);
    std::fs::create_dir_all(&options.out).map_err(|e| e.to_string())?;
    for name in names {
        let path = options.path(name);
        if path.exists() && !options.force {
            continue;
        }
        let start = Instant::now();
        let scene = scenes.scene(name, options.size).map_err(|e| format!("{name}: {e}"))?;
        let pixels = render::render(&scene, &studio, backdrop, side);
        let bytes = file::save(&path, &pixels, scene.frame)?;
        let seconds = start.elapsed().as_secs_f32();
        println!("{name} {} KB, {seconds:.1} s", bytes / 1000);
    }
    Ok(())
}
