//! Turns capture files into what the fuzz targets start from: their first frames, one by one and
//! in sequence.
//!
//! usage: seed ONE-BY-ONE-FOLDER SEQUENCE-FOLDER CAPTURE...

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rcodetop::source::{FileOptions, Next, open_files};
use rcodetop_fuzz::bytes;

/// Seeds are to be short: mutation has to find the place that matters.
const FRAMES: usize = 24;
const LONGEST: usize = 8192;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(singles), Some(sequences)) = (arguments.next(), arguments.next()) else {
        return Err("usage: seed ONE-BY-ONE-FOLDER SEQUENCE-FOLDER CAPTURE...".into());
    };
    fs::create_dir_all(&singles)?;
    fs::create_dir_all(&sequences)?;
    for (number, capture) in arguments.enumerate() {
        let frames = first_frames(&capture);
        fs::write(sequences.join(format!("{number}")), frames.concat())?;
        for (place, frame) in frames.iter().take(3).enumerate() {
            fs::write(singles.join(format!("{number}-{place}")), frame)?;
        }
    }
    Ok(())
}

/// The first frames of a capture; none of what is no capture.
fn first_frames(capture: &Path) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut length = 0;
    let Ok(mut source) = open_files(&[capture.to_owned()], &FileOptions::default()) else {
        return out;
    };
    while out.len() < FRAMES && length < LONGEST {
        match source.next() {
            Next::Frame(frame) => {
                let frame = bytes(&frame, 2);
                length += frame.len();
                out.push(frame);
            }
            Next::Quiet => {}
            Next::End(_) => break,
        }
    }
    out
}
