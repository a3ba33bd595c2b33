//! What is asked for: the first line of a request, once its head is whole. What follows the head is
//! not looked at.

/// The longest head that is read, in bytes. Scrapers send some hundred.
pub(super) const LONGEST_HEAD: usize = 8192;

/// Lines of a head at most.
const MOST_LINES: usize = 64;

/// What came of reading a head (RFC 9112 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// More has to come.
    Part,
    /// It cannot be understood; the status that says why.
    Bad(u16),
    /// A path is asked for, without its query.
    Ask { path: String, with_body: bool },
}

pub(super) fn read(bytes: &[u8]) -> Heard {
    let mut lines = [httparse::EMPTY_HEADER; MOST_LINES];
    let mut request = httparse::Request::new(&mut lines);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => ask(&request),
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST_HEAD => Heard::Part,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => Heard::Bad(431),
        Err(httparse::Error::Version) => Heard::Bad(505),
        Err(_) => Heard::Bad(400),
    }
}

fn ask(request: &httparse::Request<'_, '_>) -> Heard {
    let with_body = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Heard::Bad(405),
    };
    let path = request.path.unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Heard::Ask { path: path.to_owned(), with_body }
}
