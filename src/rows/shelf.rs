//! What files are put on: a folder of this process, or one that another process writes.

use std::io::{self, Write};
use std::path::Path;

/// Where files are made.
pub trait Shelf: Send {
    /// Begins a file that gets this name, below the shelf, once it is whole.
    ///
    /// # Errors
    ///
    /// There is a file of that name, or none can be made.
    fn begin(&mut self, path: &Path) -> io::Result<Box<dyn Aside>>;
}

/// A file without a name yet; gone if it is dropped.
pub trait Aside: Write + Send {
    /// Gives it its name.
    ///
    /// # Errors
    ///
    /// Not all of it could be written, or the name is taken.
    fn keep(self: Box<Self>) -> io::Result<()>;
}
