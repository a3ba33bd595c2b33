//! Writes packets that an attacker would send at whoever watches DNS, as a capture on standard
//! output: `cargo run --release --example attack -- random-names 1000000 | rcodetop report -`.
//!
//! Without arguments it lists the attacks. Any number of packets takes no memory here;
//! `scripts/attacks` measures what they do to rcodetop.

mod attacks;

use std::io::{self, BufWriter, Write};

use attacks::{ATTACKS, Wire};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, number, ethernet) = match &arguments[..] {
        [name, number] => (name, number, false),
        [name, number, option] if option == "--ethernet" => (name, number, true),
        _ => return list(),
    };
    let attack = ATTACKS.iter().find(|(each, ..)| each == name);
    let (Some((.., write)), Ok(number)) = (attack, number.parse()) else { return list() };
    let mut wire = Wire::new(ethernet);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout());
    for nth in 0..number {
        write(nth, &mut wire);
        out.write_all(&wire.bytes)?;
        wire.bytes.clear();
    }
    out.flush()?;
    Ok(())
}

fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Usage: attack NAME NUMBER [--ethernet], where NUMBER is how often; --ethernet makes packets that\ncan be sent over a cable; and NAME is one of these:"
    )?;
    ATTACKS.iter().try_for_each(|(name, says, _)| writeln!(out, "{name:<22} {says}"))
}
