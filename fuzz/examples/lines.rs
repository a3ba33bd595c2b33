//! Unpacks summaries into the lines that the fuzz target for them starts from.
//!
//! usage: lines FOLDER SUMMARY...

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Seeds are to be short: mutation has to find the place that matters.
const LONGEST: usize = 16 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: lines FOLDER SUMMARY...")?;
    fs::create_dir_all(&folder)?;
    for (number, summary) in arguments.enumerate() {
        let lines = zstd::decode_all(&*fs::read(&summary)?)?;
        if lines.len() <= LONGEST {
            fs::write(folder.join(format!("{number}")), lines)?;
        }
    }
    Ok(())
}
