//! Several objects on one floor: what a picture shows.

use super::{Object, Place};
use crate::materials::Surface;
use crate::vector::{V3, v3};

/// Names a part of a group: which member, and which of its parts.
pub type PartId = (usize, usize);

/// An object put somewhere, in the size it has there.
struct Member {
    object: Object,
    place: Place,
    scale: f32,
    /// A box around it.
    low: V3,
    high: V3,
}

impl Member {
    fn inward(&self, p: V3) -> V3 {
        self.place.inward(p - self.place.at) / self.scale
    }

    /// A distance to the member that is never more than the true one.
    fn outside(&self, p: V3) -> f32 {
        let out = (self.low - p).zip(p - self.high, f32::max);
        out.map(|c| c.max(0.0)).len()
    }

    /// Finds the box around the member from its object's reach.
    fn measure(&mut self) {
        let reach = self.object.reach + V3::ONE * 0.02;
        (self.low, self.high) = (V3::ONE * f32::MAX, V3::ONE * f32::MIN);
        for corner in 0..8 {
            let sign = |bit: i32| if corner >> bit & 1 == 0 { -1.0 } else { 1.0 };
            let up = if corner >> 1 & 1 == 0 { -0.02 } else { reach.y };
            let local = v3(reach.x * sign(0), up, reach.z * sign(2)) * self.scale;
            let p = self.place.outward(local) + self.place.at;
            self.low = self.low.zip(p, f32::min);
            self.high = self.high.zip(p, f32::max);
        }
    }
}

/// Objects standing together around the middle of the floor.
pub struct Group {
    members: Vec<Member>,
    /// Half the group's width, its height, half its depth.
    pub reach: V3,
}

impl Group {
    /// One object in the middle, in its own size.
    pub fn single(object: Object, turn: f32) -> Group {
        Group::of(vec![(object, Place { turn, ..Place::default() }, 1.0)])
    }

    /// Objects with their places and sizes, brought to the middle and grown or shrunk together
    /// until the group reaches out to `half`.
    pub fn arranged(things: Vec<(Object, Place, f32)>, half: f32) -> Group {
        let mut group = Group::of(things);
        let (low, high) = group.bounds();
        let middle = (low + high) * 0.5;
        let size = (high - low) * 0.5;
        let grow = half / size.x.max(size.z).max(size.y);
        for member in &mut group.members {
            let at = member.place.at - V3 { y: 0.0, ..middle };
            member.place.at = at * grow;
            member.scale *= grow;
        }
        group.settle();
        group
    }

    fn of(things: Vec<(Object, Place, f32)>) -> Group {
        let member =
            |(object, place, scale)| Member { object, place, scale, low: V3::ZERO, high: V3::ZERO };
        let members = things.into_iter().map(member).collect();
        let mut group = Group { members, reach: V3::ZERO };
        group.settle();
        group
    }

    fn settle(&mut self) {
        self.members.iter_mut().for_each(Member::measure);
        let (low, high) = self.bounds();
        self.reach = (-low).zip(high, f32::max);
    }

    fn bounds(&self) -> (V3, V3) {
        let none = (V3::ONE * f32::MAX, V3::ONE * f32::MIN);
        let join = |(low, high): (V3, V3), m: &Member| {
            (low.zip(m.low, f32::min), high.zip(m.high, f32::max))
        };
        self.members.iter().fold(none, join)
    }

    fn closest(&self, p: V3) -> (f32, usize) {
        let distance = |member: &Member| member.object.distance(member.inward(p)) * member.scale;
        let [first, rest @ ..] = self.members.as_slice() else { return (1e9, 0) };
        if rest.is_empty() {
            return (distance(first), 0);
        }
        let likely = self.members.iter().map(|m| m.outside(p)).enumerate();
        let likely = likely.fold((0, f32::MAX), |a, b| if b.1 < a.1 { b } else { a }).0;
        let mut best = (distance(&self.members[likely]), likely);
        for (i, member) in self.members.iter().enumerate() {
            if i != likely && member.outside(p) < best.0 {
                let d = distance(member);
                if d < best.0 {
                    best = (d, i);
                }
            }
        }
        best
    }

    /// Distance from `p` to the nearest surface; glass is a surface from both sides.
    pub fn distance(&self, p: V3) -> f32 {
        self.closest(p).0
    }

    /// The part whose surface is nearest to `p`.
    pub fn nearest(&self, p: V3) -> PartId {
        let (_, i) = self.closest(p);
        (i, self.members[i].object.nearest(self.members[i].inward(p)))
    }

    /// Whether light goes through the part.
    pub fn is_glass(&self, (member, part): PartId) -> bool {
        self.members[member].object.parts[part].glass
    }

    /// The direction out of the part near `p`.
    pub fn normal(&self, (member, part): PartId, p: V3) -> V3 {
        let member = &self.members[member];
        member.place.outward(member.object.normal(part, member.inward(p)))
    }

    /// The part's material at `p`, and the normal `n`, tilted by its relief if `fine`.
    pub fn surface(&self, (member, part): PartId, p: V3, n: V3, fine: bool) -> (Surface, V3) {
        let member = &self.members[member];
        let (at, local) = (member.inward(p), member.place.inward(n));
        let (surface, raised) = member.object.surface(part, at, local, fine);
        (surface, member.place.outward(raised))
    }
}
