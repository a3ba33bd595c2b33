use ratatui::layout::Rect;

use super::*;

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// Contrast ratio (WCAG 2.2): 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let [one, other] = [one, other].map(luminance);
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Backgrounds that people have: plain, Solarized, Dracula, Nord, Gruvbox, greys.
const DARK: &[[u8; 3]] =
    &[[0, 0, 0], [0, 43, 54], [40, 42, 54], [46, 52, 64], [40, 40, 40], [48, 48, 48]];
const LIGHT: &[[u8; 3]] = &[[255, 255, 255], [253, 246, 227], [238, 238, 238], [224, 224, 224]];

/// The sixteen colours of the Linux console and of xterm, as far as the theme uses them.
fn palettes(colour: Color) -> Vec<[u8; 3]> {
    let [console, xterm] = match colour {
        Color::Black => [[0, 0, 0], [0, 0, 0]],
        Color::Gray => [[170, 170, 170], [229, 229, 229]],
        Color::White => [[255, 255, 255], [255, 255, 255]],
        Color::LightRed => [[255, 85, 85], [255, 0, 0]],
        Color::LightMagenta => [[255, 85, 255], [255, 0, 255]],
        Color::LightCyan => [[85, 255, 255], [0, 255, 255]],
        Color::LightGreen => [[85, 255, 85], [0, 255, 0]],
        Color::LightYellow => [[255, 255, 85], [255, 255, 0]],
        other => panic!("{other} has no known value here"),
    };
    vec![console, xterm]
}

/// What a terminal may show for an ink, exactly and among 256.
fn values(ink: Ink) -> Vec<[u8; 3]> {
    match ink {
        Ink::Own => Vec::new(),
        Ink::Ansi(colour) => palettes(colour),
        Ink::Exact(r, g, b) => vec![[r, g, b], indexed(nearest([r, g, b]))],
    }
}

fn papers(theme: &Theme) -> Vec<[u8; 3]> {
    match theme.name {
        "dark" => DARK.to_vec(),
        "light" => LIGHT.to_vec(),
        _ => values(theme.paper),
    }
}

#[test]
fn every_meaning_can_be_read_on_its_background() {
    for theme in THEMES {
        let least = if theme.name == "high-contrast" { 7.0 } else { 3.0 };
        let inks = theme.inks.iter().zip(COLOURED.map(Some)).chain([(&theme.text, None)]);
        for (ink, meaning) in inks {
            for (ink, paper) in values(*ink)
                .into_iter()
                .flat_map(|ink| papers(theme).into_iter().map(move |p| (ink, p)))
            {
                let ratio = contrast(ink, paper);
                assert!(
                    ratio >= least,
                    "{}: {meaning:?} {ink:?} on {paper:?} has {ratio:.2}",
                    theme.name
                );
            }
        }
    }
}

#[test]
fn a_theme_tells_its_meanings_apart() {
    for theme in THEMES.iter().filter(|theme| theme.has_colour()) {
        for (place, ink) in theme.inks.iter().enumerate() {
            for other in &theme.inks[..place] {
                let [one, other] = [*ink, *other].map(values);
                assert!(one.iter().all(|each| !other.contains(each)), "{}: {place}", theme.name);
            }
        }
    }
}

#[test]
fn contrast_is_computed_as_specified() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
    assert!((contrast([119; 3], [255; 3]) - 4.48).abs() < 0.01);
}

#[test]
fn the_nearest_of_256_is_exact_where_there_is_one() {
    assert_eq!(nearest([255, 95, 95]), 203);
    assert_eq!(nearest([168, 168, 168]), 248);
    assert_eq!(nearest([0, 0, 0]), 16);
    assert_eq!(indexed(nearest([213, 94, 0])), [215, 95, 0]);
}

#[test]
fn painting_leaves_no_mark_behind() {
    for theme in THEMES {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        for (x, meaning) in (0..).zip(COLOURED) {
            buffer.set_string(x, 0, "x", meaning.style());
        }
        theme.paint(false, &mut buffer);
        let marks = |cell: &Cell| matches!(cell.fg, Color::Indexed(place) if place < 16);
        assert!(!buffer.content.iter().any(marks), "{}", theme.name);
        let bare = |cell: &Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert_eq!(theme.has_colour(), !buffer.content.iter().all(bare), "{}", theme.name);
    }
}

#[test]
fn codes_differ_by_their_shade_and_not_by_colour_alone() {
    let codes = [Rcode::REFUSED, Rcode::SERVFAIL, Rcode::NXDOMAIN, Rcode::NOERROR];
    let mut shades = codes.map(|code| rcode(code, Focus::default()).1);
    shades.sort_unstable();
    assert!(shades.windows(2).all(|pair| pair[0] != pair[1]));
}
