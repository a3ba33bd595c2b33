//! Captures that the generator makes for a test.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::Parser;

use super::arguments::Arguments;
use super::traffic::capture::Capture;
use super::traffic::shape::Shape;
use super::traffic::{Truth, generate};

/// A capture, and what is in it; gone with this.
pub(crate) struct Made {
    pub(crate) path: PathBuf,
    pub(crate) shape: Shape,
    pub(crate) truth: Truth,
    _folder: tempfile::TempDir,
}

impl Made {
    /// Makes a capture by the generator's options.
    pub(crate) fn new(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.pcap");
        let arguments = parse(options);
        let shape = arguments.shape();
        let file = BufWriter::new(File::create(&path).unwrap());
        let mut capture = Capture::new(file, arguments.layout(&shape)).unwrap();
        let truth = generate(&shape, &mut capture).unwrap();
        capture.finish().unwrap();
        Self { path, shape, truth, _folder: folder }
    }
}

/// The traffic that the generator's options mean.
pub(crate) fn shape(options: &str) -> Shape {
    parse(options).shape()
}

fn parse(options: &str) -> Arguments {
    let words = ["generate", "-"].into_iter().chain(options.split_whitespace());
    Arguments::try_parse_from(words).unwrap()
}
