//! Writes captures of DNS traffic of any shape, and the exact count of what they hold.
//!
//! `cargo run --release --example generate -- --help` tells the options. The traffic itself is
//! made in `traffic`, which depends on the standard library only.

mod arguments;
mod traffic;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;

use arguments::Arguments;
use traffic::capture::{Capture, Layout};
use traffic::shape::Shape;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let shape = arguments.shape();
    shape.check().map_err(|why| anyhow!(why))?;
    let layout = arguments.layout(&shape);
    let output = &arguments.output;
    let truth = write(output, layout, &shape)
        .with_context(|| format!("cannot write the capture to {}", output.display()))?;
    if let Some(path) = &arguments.truth {
        let names = traffic::names(&shape);
        let json = truth.json(&shape.clients, &shape.servers, &names, arguments.truth_top);
        fs::write(path, json)
            .with_context(|| format!("cannot write the count to {}", path.display()))?;
    }
    Ok(())
}

/// Writes the capture, compressed as the ending of its name says.
fn write(path: &Path, layout: Layout, shape: &Shape) -> Result<traffic::Truth> {
    let out: Box<dyn Write> =
        if path == Path::new("-") { Box::new(io::stdout()) } else { Box::new(File::create(path)?) };
    let out = BufWriter::with_capacity(1 << 20, out);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let encoder = flate2::write::GzEncoder::new(out, flate2::Compression::best());
            let (truth, encoder) = write_plain(encoder, layout, shape)?;
            encoder.finish()?.flush()?;
            Ok(truth)
        }
        Some("zst") => {
            let encoder = zstd::Encoder::new(out, 19)?;
            let (truth, encoder) = write_plain(encoder, layout, shape)?;
            encoder.finish()?.flush()?;
            Ok(truth)
        }
        Some("xz" | "lz4" | "bz2") => bail!("only .gz and .zst are compressed"),
        _ => Ok(write_plain(out, layout, shape)?.0),
    }
}

fn write_plain<W: Write>(out: W, layout: Layout, shape: &Shape) -> io::Result<(traffic::Truth, W)> {
    let mut capture = Capture::new(out, layout)?;
    let truth = traffic::generate(shape, &mut capture)?;
    Ok((truth, capture.finish()?))
}
