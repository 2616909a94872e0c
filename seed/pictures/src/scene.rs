//! `scenes.toml`: what every picture shows.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::camera::{Frame, Shot};
use crate::objects::{self, Group, Object, Place};
use crate::palette::Palette;
use crate::render::Scene;
use crate::vector::{V3, hex, v3};

/// The file.
#[derive(Deserialize)]
pub struct Scenes {
    backdrop: String,
    #[serde(flatten)]
    palette: Palette,
    /// How many centimetres an object's unit of length is, by picture or, failing that, by object.
    unit: BTreeMap<String, f32>,
    pub picture: Vec<Picture>,
    pub arrangement: Vec<Arrangement>,
}

/// One object alone, from its best side; a variant's first picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    object: String,
    finish: String,
}

impl Picture {
    pub fn name(&self) -> String {
        format!("{}-{}", self.object, self.finish)
    }
}

/// A picture of things put together by hand: a second view, or the head of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    pub name: String,
    /// Four to three rather than square.
    #[serde(default)]
    wide: bool,
    /// Looking down, in degrees; without it, as in the first thing's own picture.
    pitch: Option<f32>,
    /// The share of the frame that is filled; more than one goes close.
    fill: Option<f32>,
    /// What is in the middle, right of and above the things' own middle, in halves of the height.
    #[serde(default)]
    aim: [f32; 2],
    things: Vec<Thing>,
}

/// A picture's object, put somewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    picture: String,
    /// Centimetres to the right and towards the camera.
    #[serde(default)]
    at: [f32; 2],
    /// Centimetres above the floor.
    #[serde(default)]
    up: f32,
    /// Degrees about the vertical axis, further than in its own picture.
    #[serde(default)]
    turn: f32,
    /// Degrees its top leans towards the camera, before the turn.
    #[serde(default)]
    lean: f32,
}

impl Scenes {
    pub fn parse(text: &str) -> Result<Scenes, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    pub fn backdrop(&self) -> Result<V3, String> {
        hex(&self.backdrop).ok_or_else(|| "backdrop is not a colour".to_owned())
    }

    /// The names of all pictures, arrangements first.
    pub fn names(&self) -> Vec<String> {
        let arranged = self.arrangement.iter().map(|a| a.name.clone());
        arranged.chain(self.picture.iter().map(Picture::name)).collect()
    }

    /// The scene called `name`, `size` pixels on the long side; square arrangements take three
    /// quarters of that.
    pub fn scene(&self, name: &str, size: usize) -> Result<Scene, String> {
        if let Some(arranged) = self.arrangement.iter().find(|a| a.name == name) {
            return self.arrange(arranged, size);
        }
        let object = self.object(name)?;
        let shot = own_shot(&object);
        let frame = Frame { width: size, height: size };
        Ok(Scene { group: Group::single(object, 0.0), shot, frame })
    }

    fn object(&self, name: &str) -> Result<Object, String> {
        let picture = self.picture.iter().find(|p| p.name() == name);
        let picture = picture.ok_or_else(|| format!("no picture is called {name:?}"))?;
        objects::build(&picture.object, &self.palette, &picture.finish)
    }

    /// Centimetres to a unit of the object of picture `name`.
    fn unit(&self, name: &str) -> Result<f32, String> {
        let object = self.picture.iter().find(|p| p.name() == name).map(|p| p.object.as_str());
        let unit = self.unit.get(name).or_else(|| self.unit.get(object.unwrap_or_default()));
        unit.copied().ok_or_else(|| format!("[unit] does not say how large {name} is"))
    }

    fn arrange(&self, arranged: &Arrangement, size: usize) -> Result<Scene, String> {
        let first = arranged.things.first().ok_or("an arrangement needs things")?;
        let mut shot = own_shot(&self.object(&first.picture)?);
        if let Some(pitch) = arranged.pitch {
            shot.pitch = pitch.to_radians();
        }
        shot.fill = arranged.fill.unwrap_or(shot.fill);
        shot.aim = arranged.aim.into();
        let mut things = Vec::new();
        for thing in &arranged.things {
            let place = Place {
                at: v3(thing.at[0], thing.up, thing.at[1]),
                turn: thing.turn.to_radians(),
                lean: thing.lean.to_radians(),
            };
            things.push((self.object(&thing.picture)?, place, self.unit(&thing.picture)?));
        }
        let half = if arranged.wide { 2.2 } else { 1.1 };
        shot.distance = if arranged.wide { 12.0 } else { 7.0 };
        let height = size * 3 / 4;
        let frame = Frame { width: if arranged.wide { size } else { height }, height };
        Ok(Scene { group: Group::arranged(things, half), shot, frame })
    }
}

/// How an object's own picture is taken.
fn own_shot(object: &Object) -> Shot {
    Shot { pitch: object.view.pitch, fill: object.view.fill, aim: (0.0, 0.0), distance: 9.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn scenes() -> Scenes {
        Scenes::parse(include_str!("../scenes.toml")).expect("scenes.toml is read")
    }

    /// The least distance to `group` on a level.
    fn nearest_at(group: &Group, y: f32) -> f32 {
        let place = |c: usize| c as f32 / 60.0 * 3.0 - 1.5;
        let points = (0..61 * 61).map(|i| v3(place(i % 61), y, place(i / 61)));
        points.map(|p| group.distance(p)).fold(f32::MAX, f32::min)
    }

    #[test]
    fn every_picture_can_be_built_and_has_a_name_of_its_own() {
        let scenes = scenes();
        let names = scenes.names();
        for name in &names {
            scenes.scene(name, 100).expect("known objects and finishes");
        }
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn everything_stands_on_the_floor() {
        let scenes = scenes();
        for name in scenes.names() {
            let group = scenes.scene(&name, 100).expect("a known object").group;
            let (touching, below) = (nearest_at(&group, 0.0), nearest_at(&group, -0.10));
            assert!(touching < 0.045, "{name} floats at {touching}");
            assert!(below > 0.02, "{name} sinks to {below}");
        }
    }
}
