//! The generator's command line: what was typed becomes a shape and a file layout.
//!
//! Tests read the list of captures in `testdata` with it.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::{Parser, ValueEnum};

use crate::traffic;
use crate::traffic::capture::{Container, Layout};
use crate::traffic::link::{LINKS, Link};
use crate::traffic::shape::{self, Attack, Direction, Shape};

/// Write a capture of made-up DNS traffic.
///
/// The same options give the same bytes on every machine. Shares are numbers from 0 to 1.
#[derive(Debug, Parser)]
#[command(name = "generate", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The capture; compressed if it ends in .gz or .zst; `-` is standard output
    #[arg(value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Write the exact count of what the capture holds to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// The most rows of each list in the count
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) truth_top: usize,

    /// Start from a story instead of the benchmarks' mix; the options given still hold
    #[arg(long, value_enum)]
    recipe: Option<Recipe>,
    /// Where chance begins
    #[arg(long)]
    seed: Option<u64>,
    /// Stop after so many packets (a message in several packets is finished first)
    #[arg(long, value_name = "N")]
    packets: Option<u64>,
    /// Stop after so many seconds of packet time
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// Packets a second of packet time, about [default: 50000]
    #[arg(long, value_name = "N")]
    rate: Option<f64>,

    /// File format
    #[arg(long, value_enum, default_value_t = Format::Pcap)]
    format: Format,
    /// Times in nanoseconds, not microseconds
    #[arg(long)]
    nanoseconds: bool,
    /// Numbers of the file format big end first
    #[arg(long)]
    big_endian: bool,
    /// Link layer or tunnel
    #[arg(long, value_parser = link, default_value = "ethernet", help = link_help())]
    link: &'static Link,
    /// Keep only so many bytes of each packet; needs --tcp 0 and --long 0
    #[arg(long, value_name = "BYTES")]
    snaplen: Option<u32>,
    /// The servers' port [default: 53]
    #[arg(long)]
    port: Option<u16>,
    /// What the capture point sees
    #[arg(long, value_enum, default_value_t = Sees::Both)]
    sees: Sees,

    /// How many clients [default: 50000]
    #[arg(long, value_name = "N")]
    clients: Option<u32>,
    /// How many servers [default: 200]
    #[arg(long, value_name = "N")]
    servers: Option<u32>,
    /// How many different names, drawn by a Zipf law [default: 1000000]
    #[arg(long, value_name = "N")]
    names: Option<u32>,
    /// Share of IPv6 [default: 0.3]
    #[arg(long, value_name = "SHARE")]
    ipv6: Option<f64>,

    /// Response codes with their weights [default: 0=70,3=18,5=8,2=3,1=.2,4=.2,9=.2,16=.2,23=.2]
    #[arg(long, value_name = "CODE=WEIGHT,…", value_delimiter = ',', value_parser = weight)]
    rcodes: Vec<(u16, f64)>,
    /// Share of exchanges with EDNS [default: 0.85]
    #[arg(long, value_name = "SHARE")]
    edns: Option<f64>,
    /// Share of refused and failed EDNS responses that say why [default: 0.3]
    #[arg(long, value_name = "SHARE")]
    ede: Option<f64>,
    /// Share of refused responses that are a header without question [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    bare: Option<f64>,
    /// Share of names in mixed case [default: 0]
    #[arg(long, value_name = "SHARE")]
    mixed_case: Option<f64>,

    /// Median response time in milliseconds [default: 8]
    #[arg(long, value_name = "MS")]
    latency: Option<f64>,
    /// Standard deviation of the response times' logarithm [default: 1.2]
    #[arg(long, value_name = "SIGMA")]
    spread: Option<f64>,
    /// Share of responses that never come [default: 0.02]
    #[arg(long, value_name = "SHARE")]
    lost: Option<f64>,
    /// Share of queries sent again while they wait [default: 0.01]
    #[arg(long, value_name = "SHARE")]
    repeated: Option<f64>,
    /// Share of responses sent twice [default: 0]
    #[arg(long, value_name = "SHARE")]
    repeated_responses: Option<f64>,
    /// Share of responses whose query was never seen [default: 0]
    #[arg(long, value_name = "SHARE")]
    unasked: Option<f64>,
    /// Share of clients that ask another server when refused [default: 0]
    #[arg(long, value_name = "SHARE")]
    retried: Option<f64>,
    /// Share of frames that the capture holds twice [default: 0]
    #[arg(long, value_name = "SHARE")]
    duplicated: Option<f64>,

    /// Share of TCP [default: 0.02]
    #[arg(long, value_name = "SHARE")]
    tcp: Option<f64>,
    /// The most queries on one TCP connection [default: 1]
    #[arg(long, value_name = "N")]
    pipelined: Option<u32>,
    /// Share of TCP messages in several segments [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    segmented: Option<f64>,
    /// Share of messages in pieces whose pieces come out of order [default: 0]
    #[arg(long, value_name = "SHARE")]
    disordered: Option<f64>,
    /// Share of NOERROR responses that need fragments or segments [default: 0]
    #[arg(long, value_name = "SHARE")]
    long: Option<f64>,

    /// Ask for so many different random names under one suffix, too
    #[arg(long, value_name = "N")]
    attack: Option<u32>,
    /// Share of queries that belong to the attack
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, requires = "attack")]
    attack_share: f64,
    /// The suffix that is attacked
    #[arg(long, value_name = "NAME", default_value = "victim.example", requires = "attack")]
    attack_suffix: String,
    /// Response code to the attack's queries
    #[arg(long, value_name = "CODE", default_value_t = 5, requires = "attack")]
    attack_rcode: u16,
}

const EXAMPLES: &str = "\
Examples:
  generate --packets 1000000 big.pcap --truth big.json
  generate --recipe outage outage.pcap.gz
  generate --packets 200 --link vxlan --format pcapng --nanoseconds tunnel.pcapng
  generate --packets 20000000 --attack 10000000 --truth torture.json torture.pcap";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Recipe {
    /// Three minutes in which one of three resolvers begins to refuse a client network
    Outage,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Pcap,
    Pcapng,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sees {
    Both,
    Queries,
    Responses,
}

fn link(name: &str) -> Result<&'static Link> {
    traffic::link::find(name).ok_or_else(|| anyhow!("one of: {}", link_names()))
}

fn link_names() -> String {
    LINKS.iter().map(|link| link.name).collect::<Vec<_>>().join(", ")
}

fn link_help() -> String {
    format!("Link layer or tunnel: {}", link_names())
}

fn weight(text: &str) -> Result<(u16, f64)> {
    let (code, weight) = text.split_once('=').context("expected CODE=WEIGHT, as in 5=8")?;
    Ok((code.parse()?, weight.parse()?))
}

/// Puts what was given in place of what was there.
fn set<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

impl Arguments {
    /// The traffic that is wanted.
    pub(crate) fn shape(&self) -> Shape {
        let mut shape = match self.recipe {
            Some(Recipe::Outage) => traffic::recipe::outage(),
            None => Shape::default(),
        };
        self.set_bounds(&mut shape);
        self.set_population(&mut shape);
        self.set_shares(&mut shape);
        shape
    }

    fn set_bounds(&self, shape: &mut Shape) {
        shape.link = self.link;
        shape.big_endian = self.big_endian;
        shape.resolution = if self.nanoseconds { 1 } else { 1000 };
        shape.direction = match self.sees {
            Sees::Both => Direction::Both,
            Sees::Queries => Direction::QueriesOnly,
            Sees::Responses => Direction::ResponsesOnly,
        };
        set(&mut shape.seed, self.seed);
        set(&mut shape.packets, self.packets);
        set(&mut shape.duration, self.duration.map(|seconds| traffic::nanoseconds(seconds * 1e9)));
        set(&mut shape.rate, self.rate);
        set(&mut shape.snaplen, self.snaplen);
        set(&mut shape.port, self.port);
    }

    fn set_population(&self, shape: &mut Shape) {
        set(&mut shape.clients, self.clients.map(shape::clients));
        set(&mut shape.servers, self.servers.map(shape::servers));
        set(&mut shape.names, self.names);
        if !self.rcodes.is_empty() {
            shape.rcodes.clone_from(&self.rcodes);
        }
        shape.attack = self.attack.map(|names| Attack {
            names,
            share: self.attack_share,
            suffix: self.attack_suffix.clone(),
            rcode: self.attack_rcode,
        });
    }

    fn set_shares(&self, shape: &mut Shape) {
        set(&mut shape.ipv6, self.ipv6);
        set(&mut shape.edns, self.edns);
        set(&mut shape.ede, self.ede);
        set(&mut shape.bare, self.bare);
        set(&mut shape.mixed_case, self.mixed_case);
        set(&mut shape.latency, self.latency.map(|milliseconds| milliseconds * 1e6));
        set(&mut shape.spread, self.spread);
        set(&mut shape.lost, self.lost);
        set(&mut shape.repeated, self.repeated);
        set(&mut shape.repeated_responses, self.repeated_responses);
        set(&mut shape.unasked, self.unasked);
        set(&mut shape.retried, self.retried);
        set(&mut shape.duplicated, self.duplicated);
        set(&mut shape.tcp, self.tcp);
        set(&mut shape.pipelined, self.pipelined);
        set(&mut shape.segmented, self.segmented);
        set(&mut shape.disordered, self.disordered);
        set(&mut shape.long, self.long);
    }

    /// The layout of the capture file for it.
    pub(crate) fn layout(&self, shape: &Shape) -> Layout {
        Layout {
            container: match self.format {
                Format::Pcap => Container::Pcap,
                Format::Pcapng => Container::Pcapng,
            },
            big_endian: self.big_endian,
            nanoseconds: self.nanoseconds,
            link: shape.link.number,
            snaplen: shape.snaplen,
        }
    }
}
