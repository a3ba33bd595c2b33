//! What the columns are, for those who write queries: `docs/export-columns.md`.

use std::fmt::Write as _;

use super::SCHEMA;
use super::columns::COLUMNS;
use super::kinds::Store;
use super::row::{END_WORDS, obstacles};

/// The text of the reference, in Markdown.
pub fn reference() -> String {
    let mut out = format!(
        "# The columns of exported exchanges\n\n\
         This page is made from the table in the program (`UPDATE_DOCS=1 cargo test --lib rows`). \
         [export.md](export.md) says how to get such rows.\n\n\
         One row is one exchange: a query with its response, a query without one, or a response \
         without a query. The version of the columns is `{SCHEMA}`; it is in the metadata of each \
         Parquet file (`rcodetop.schema`). Columns may be added within a version; names, types and \
         meanings stay.\n\n\
         | Column | Type | Unit | Null if | What it says |\n|---|---|---|---|---|\n"
    );
    for column in COLUMNS {
        let kind = column.kind;
        let null = if column.null.is_empty() { "never" } else { column.null };
        let unit = if kind.unit().is_empty() { "-" } else { kind.unit() };
        line(&mut out, &[&format!("`{}`", column.name), kind.name(), unit, null, column.about]);
    }
    out += "\nIn folders, `date`, `hour` and `sensor` are columns as well: they are in the names of \
            the folders, of the time of the query, or of the response where there is no query, in \
            UTC.\n\n## Outcomes\n\n| `outcome` | What it means |\n|---|---|\n";
    for (_, word, about) in END_WORDS {
        line(&mut out, &[&format!("`{word}`"), about]);
    }
    out += "\n| `obstacle` | What came in place of a response |\n|---|---|\n";
    for (word, about) in obstacles() {
        line(&mut out, &[&format!("`{word}`"), about]);
    }
    let named = |store: Store| {
        let named = COLUMNS.iter().filter(|column| column.store == store);
        named.map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
    };
    let _ = write!(
        out,
        "\n## In Parquet\n\n\
         Rows of a row group are in the order of {}, whose pages have an index; {} have Bloom \
         filters, too. These are stored by their differences (DELTA_BINARY_PACKED), as nearly every \
         value is another one: {}. All else is by dictionaries, where these are shorter than the \
         values themselves, or by bits, and compressed with zstd. Numbers from 0 to 65535 are INT32 annotated as unsigned 16-bit \
         integers; times are INT64 annotated as TIMESTAMP(NANOS, UTC).\n",
        named(Store::Sorted),
        named(Store::Sought),
        named(Store::Packed),
    ); // a String takes everything
    out
}

fn line(out: &mut String, cells: &[&str]) {
    *out += &format!("| {} |\n", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/export-columns.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == reference(), "run UPDATE_DOCS=1 cargo test --lib rows");
    }
}
