//! The model file: everything that is needed to score, to know what it was made from, and to prove that it scores the same
//! here as where it was made. Little-endian; ends in the SHA-256 of everything before.

use super::tails::ANCHORS;
use super::{CLASS_SLOTS, CLASSES, Classifier, FEATURES, Field, Scratch, feature};
use sha2::{Digest, Sha256};
use thiserror::Error;

const MAGIC: [u8; 4] = *b"WFRC";
const VERSION: u16 = 1;
/// Whatever claims to be longer is no model.
const LENGTH_MAX: usize = 256 * 1024;

/// Why a model file was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unreadable {
    /// Not a file of this kind.
    #[error("this is no model file of the request classifier")]
    NoModel,
    /// Another version of the format.
    #[error("the model file has format {0}, and this program reads format {VERSION}")]
    Version(u16),
    /// Made for other features.
    #[error(
        "the model was trained on other features than this program computes; train it again with `watchfloor model train`"
    )]
    Features,
    /// The sum at its end is not that of its bytes.
    #[error("the model file is damaged: its bytes do not have the checksum at its end")]
    Damaged,
}

/// An input and what the model must make of it, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform::detect::model) struct Golden {
    pub field: Field,
    pub plain: Vec<u8>,
    pub points: i32,
    pub class: u8,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub(in crate::platform::detect::model) struct Model {
    /// Seed of everything random in training.
    pub seed: u64,
    /// Points in one natural log-odds unit.
    pub scale: f32,
    pub bias: i32,
    /// One weight for each feature.
    pub weights: Box<[i8; FEATURES]>,
    /// One row of weights for each slot.
    pub classes: Box<[[i8; CLASSES.len()]; CLASS_SLOTS]>,
    /// Points of an ordinary value that is one in 10, 100, 1,000 and 10,000, for each field.
    pub anchors: [[i32; ANCHORS]; Field::ALL.len()],
    /// One line for each source: name, rows, SHA-256 of the rows used.
    pub manifest: String,
    /// Figures measured when it was made.
    pub metrics: String,
    pub golden: Vec<Golden>,
}

/// Hash of the feature specification and the classes.
fn spec_hash() -> [u8; 32] {
    Sha256::digest(format!("{}; classes {CLASSES:?} in {CLASS_SLOTS}", feature::spec())).into()
}

impl Model {
    /// A model that knows nothing.
    pub fn empty(seed: u64) -> Self {
        Self {
            seed,
            scale: 64.0,
            bias: 0,
            weights: Box::new([0; FEATURES]),
            classes: Box::new([[0; CLASSES.len()]; CLASS_SLOTS]),
            anchors: [[0, 1, 2, 3]; Field::ALL.len()],
            manifest: String::new(),
            metrics: String::new(),
            golden: Vec::new(),
        }
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH_MAX);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(spec_hash());
        out.extend(Sha256::digest(&self.manifest));
        out.extend(self.seed.to_le_bytes());
        out.extend(self.scale.to_bits().to_le_bytes());
        out.extend(self.bias.to_le_bytes());
        out.extend(self.anchors.iter().flatten().flat_map(|points| points.to_le_bytes()));
        for text in [&self.manifest, &self.metrics] {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        }
        out.extend(self.weights.iter().map(|w| *w as u8));
        out.extend(self.classes.iter().flatten().map(|w| *w as u8));
        out.extend((self.golden.len() as u16).to_le_bytes());
        for golden in &self.golden {
            out.push(golden.field as u8);
            out.extend((golden.plain.len() as u16).to_le_bytes());
            out.extend(&golden.plain);
            out.extend(golden.points.to_le_bytes());
            out.push(golden.class);
        }
        let sum = Sha256::digest(&out);
        out.extend(sum);
        out
    }

    /// Reads what [`Model::write`] wrote.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(Unreadable::NoModel)?;
        let mut reader = Reader(rest);
        let version = u16::from_le_bytes(reader.array()?);
        if version != VERSION {
            return Err(Unreadable::Version(version));
        }
        if bytes.len() > LENGTH_MAX || bytes.len() < 64 {
            return Err(Unreadable::Damaged);
        }
        let (body, sum) = bytes.split_at(bytes.len() - 32);
        if Sha256::digest(body).as_slice() != sum {
            return Err(Unreadable::Damaged);
        }
        if reader.array()? != spec_hash() {
            return Err(Unreadable::Features);
        }
        let manifest_hash: [u8; 32] = reader.array()?;
        let mut model = Self::empty(u64::from_le_bytes(reader.array()?));
        model.scale = f32::from_bits(u32::from_le_bytes(reader.array()?));
        model.bias = i32::from_le_bytes(reader.array()?);
        for points in model.anchors.iter_mut().flatten() {
            *points = i32::from_le_bytes(reader.array()?);
        }
        model.manifest = reader.text()?;
        model.metrics = reader.text()?;
        for (weight, byte) in model.weights.iter_mut().zip(reader.take(FEATURES)?) {
            *weight = *byte as i8;
        }
        for (weight, byte) in model.classes.iter_mut().flatten().zip(reader.take(CLASS_SLOTS * CLASSES.len())?) {
            *weight = *byte as i8;
        }
        for _ in 0..u16::from_le_bytes(reader.array()?) {
            model.golden.push(reader.golden()?);
        }
        let right = Sha256::digest(&model.manifest).as_slice() == manifest_hash && reader.0.len() == 32;
        if right { Ok(model) } else { Err(Unreadable::Damaged) }
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.take(N)?.try_into().map_err(|_| Unreadable::Damaged)
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| Unreadable::Damaged)
    }

    fn golden(&mut self) -> Result<Golden, Unreadable> {
        let [field] = self.array()?;
        let field = *Field::ALL.get(usize::from(field)).ok_or(Unreadable::Damaged)?;
        let length = usize::from(u16::from_le_bytes(self.array()?));
        let plain = self.take(length)?.to_vec();
        let points = i32::from_le_bytes(self.array()?);
        let [class] = self.array()?;
        Ok(Golden { field, plain, points, class })
    }
}

impl Classifier {
    /// Scores the inputs that the file brings along; how many there were.
    ///
    /// # Errors
    /// The first that scores otherwise than where the model was made, in words.
    pub fn verify(&self) -> Result<usize, String> {
        let mut scratch = Scratch::default();
        for (nth, golden) in self.model().golden.iter().enumerate() {
            let score = self.score(golden.field, &golden.plain, &mut scratch);
            let class = self.class(&golden.plain, &score, &mut scratch);
            let due = CLASSES.get(usize::from(golden.class)).copied().unwrap_or_default();
            if (score.points, class) != (golden.points, due) {
                return Err(format!(
                    "input {nth} scores {} ({class}) here and scored {} ({due}) where the model was made",
                    score.points, golden.points
                ));
            }
        }
        Ok(self.model().golden.len())
    }

    /// What it is and was made from, for people: seed, scale, thresholds, sources, figures.
    #[must_use]
    pub fn describe(&self) -> String {
        let model = self.model();
        let mut out = format!(
            "seed          {}\npoints        {} for one natural log-odds unit\nfeatures      {FEATURES} weights, {} of them not 0\n\
             classes       {}\n\nPoints of an ordinary value that is one in\nfield             10       100     1,000    10,000\n",
            model.seed,
            model.scale,
            model.weights.iter().filter(|w| **w != 0).count(),
            CLASSES.join(" "),
        );
        for (field, anchors) in Field::ALL.iter().zip(&model.anchors) {
            out += &format!("{:10}", field.name());
            anchors.iter().for_each(|points| out += &format!("{points:10}"));
            out.push('\n');
        }
        format!("{out}\nTrained on (rows, SHA-256 of the rows)\n{}\nMeasured\n{}", model.manifest, model.metrics)
    }
}
