//! The colours and woods that `scenes.toml` names.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::materials::{Brass, Glaze, Grain, Paint, Slate, Species, Surface, Wood};
use crate::vector::{V3, hex};

/// Colours by family and name, and kinds of wood by name.
#[derive(Deserialize)]
pub struct Palette {
    colour: BTreeMap<String, BTreeMap<String, String>>,
    wood: BTreeMap<String, WoodEntry>,
}

#[derive(Deserialize)]
struct WoodEntry {
    light: String,
    dark: String,
    rings: f32,
    waver: f32,
    pores: f32,
}

/// A material chosen by the finish's name.
pub struct Any(Box<dyn Paint>);

impl Paint for Any {
    fn surface(&self, p: V3, n: V3) -> Surface {
        self.0.surface(p, n)
    }

    fn relief(&self, p: V3, n: V3) -> f32 {
        self.0.relief(p, n)
    }

    fn raised(&self) -> bool {
        self.0.raised()
    }
}

fn colour(text: &str) -> Result<V3, String> {
    hex(text).ok_or_else(|| format!("{text:?} is not a colour like #c0a080"))
}

impl Palette {
    /// The colour `name` of `family`.
    pub fn get(&self, family: &str, name: &str) -> Result<V3, String> {
        let found = self.colour.get(family).and_then(|names| names.get(name));
        colour(found.ok_or_else(|| format!("no colour {name:?} under [colour.{family}]"))?)
    }

    /// The wood `name`.
    pub fn species(&self, name: &str) -> Result<Species, String> {
        let entry = self.wood.get(name).ok_or_else(|| format!("no wood {name:?}"))?;
        Ok(Species {
            light: colour(&entry.light)?,
            dark: colour(&entry.dark)?,
            rings: entry.rings,
            waver: entry.waver,
            pores: entry.pores,
        })
    }

    /// A piece of the wood `name`.
    pub fn wood(&self, name: &str, grain: Grain, seed: f32) -> Result<Wood, String> {
        Ok(Wood { species: self.species(name)?, grain, seed })
    }

    /// The glaze `name`, ending at `foot`, thin at `rim`.
    pub fn glaze(&self, name: &str, foot: f32, rim: f32) -> Result<Glaze, String> {
        let colour = self.get("glaze", name)?;
        let clay = self.get("clay", if name == "terracotta" { "red" } else { "buff" })?;
        let specks = if colour.luma() > 0.3 { 0.085 } else { 0.03 };
        Ok(Glaze { colour, clay, foot, rim, specks })
    }

    /// A glaze, or brass when the finish is that.
    pub fn glaze_or_brass(&self, name: &str, foot: f32, rim: f32) -> Result<Any, String> {
        Ok(if name == "brass" {
            Any(Box::new(Brass { colour: self.get("metal", "brass")? }))
        } else {
            Any(Box::new(self.glaze(name, foot, rim)?))
        })
    }

    /// A wood, or slate when the finish is that.
    pub fn wood_or_slate(&self, name: &str, grain: Grain, seed: f32) -> Result<Any, String> {
        Ok(if name == "slate" {
            Any(Box::new(Slate { colour: self.get("stone", "slate")? }))
        } else {
            Any(Box::new(self.wood(name, grain, seed)?))
        })
    }
}
