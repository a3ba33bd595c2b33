//! Panics on purpose, so that tests see how the program ends. A release build has none.

/// Panics if the environment says that this thread shall.
pub(crate) fn panic_in(thread: &str) {
    let shall = || std::env::var("RCODETOP_PANIC").is_ok_and(|name| name == thread);
    assert!(!(cfg!(debug_assertions) && shall()), "a rehearsed panic of the {thread} thread");
}
