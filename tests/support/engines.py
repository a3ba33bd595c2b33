"""Runs the SQL of the pages on databases over exports, and compares with reports.

Called by scripts/test-engines. Each page has its own words for the same questions; whatever a
database is asked must give the rows that the report of the same capture has.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = sys.argv[1]
BLOCK = re.compile(r"<!-- (setup|query)(?:: (\w+))? -->\n```sql\n(.*?)```", re.S)


def page(name):
    """The statements of a page: those of its setup, and its queries by name."""
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text())
    setup = [(name, text) for kind, name, text in blocks if kind == "setup"]
    queries = {name: text.strip().rstrip(";") for kind, name, text in blocks if kind == "query"}
    return [text.strip().rstrip(";") for _, text in setup], queries


def captures():
    """The captures, with the sensor that each is of."""
    scenarios = ROOT / "testdata" / "scenarios"
    chosen = [ROOT / "testdata" / "outage.pcap.gz", *sorted(scenarios.glob("*.pcap*"))[:4]]
    return [(path, f"sensor {number}") for number, path in enumerate(chosen)]


def report(path):
    words = [PROGRAM, "report", "-q", "--format", "json", "--top", "all", str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    return json.loads(done.stdout)


def export(path, sensor, folder):
    words = [PROGRAM, "export", "-q", str(path), "-o", str(folder), "--sensor", sensor]
    subprocess.run(words, check=True)


def nanos(text):
    whole, fraction = re.fullmatch(r"(.*)\.(\d{9})Z", text).groups()
    seconds = int(time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))) - time.timezone
    return seconds * 10**9 + int(fraction)


def unknown(row):
    """A question that is not known has no name, type and class in a row."""
    return (None, None, None) if row["name"] == "-" else (row["name"], row["type"], row["class"])


def expected(told, sensor):
    """What the queries must give, from a report."""
    rows = lambda name, *columns: sorted(tuple(row[column] for column in columns) for row in told[name])
    outcomes = told["outcomes"]
    split = {
        "answered": outcomes["answered"] - outcomes["late"],
        "late": outcomes["late"],
        "unanswered": outcomes["unanswered"] - outcomes["unreachable"],
        "unreachable": outcomes["unreachable"],
        "undecided": outcomes["undecided"],
        "unasked": outcomes["unasked"],
        "repeated_response": outcomes["repeated_responses"],
    }
    refused = sum(row["responses"] for row in told["rcodes"] if row["code"] == 5)
    return {
        "servers": rows("servers", "server", "responses", "focus"),
        "clients": rows("clients", "client", "responses", "focus", "servers"),
        "names": sorted(
            (unknown(row) + (row["responses"], row["focus"], row["clients"], row["servers"]) for row in told["names"]),
            key=str,
        ),
        "time": [(sum(row["responses"] for row in told["rcodes"]), refused)],
        "outcomes": sorted((word, count) for word, count in split.items() if count),
        "lookups": [tuple(told["impact"][name] for name in ("lookups_refused", "recovered", "failed"))],
        "onset": sorted((row["server"], nanos(row["first"]), nanos(row["last"])) for row in told["servers"]),
        "sensors": sorted((sensor, row["server"], row["responses"], row["focus"]) for row in told["servers"]),
    }


def got(name, rows):
    """The rows of a query as `expected` has them."""
    if name in ("servers",):
        return sorted(tuple(row[:3]) for row in rows)
    if name == "time":
        return [(sum(row[1] for row in rows), sum(row[2] for row in rows))]
    if name == "onset":
        assert all(row[3] is None or row[3] < row[1] for row in rows)
        return sorted(tuple(row[:3]) for row in rows)
    if name == "sensors":
        return sorted(tuple(row) for row in rows if row[3] > 0)
    return sorted((tuple(row) for row in rows), key=str if name == "names" else None)


def duckdb_engine(setup):
    import duckdb

    database = duckdb.connect()
    for statement in setup:
        database.execute(statement)
    return lambda text: database.execute(text).fetchall(), database.close


def clickhouse_engine(setup):
    from chdb.session import Session

    session = Session()
    session.query("CREATE DATABASE told")
    session.query("USE told")
    for statement in setup:
        session.query(statement)

    def run(text):
        lines = str(session.query(text, "JSONCompactEachRow")).splitlines()
        return [[number(cell) for cell in json.loads(line)] for line in lines]

    return run, session.close


def number(cell):
    """ClickHouse writes numbers of 64 bits as texts."""
    return int(cell) if isinstance(cell, str) and re.fullmatch(r"\d+", cell) else cell


def spark_engine(setup):
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("rcodetop")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.legacy.parquet.nanosAsLong": "true",
        "spark.executor.memory": "1g",
        "spark.log.level": "OFF",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    for statement in setup:
        # Its own folder is that of the first session.
        session.sql(statement.replace("'lake'", f"'{os.getcwd()}/lake'"))

    def close():
        for view in session.catalog.listTables():
            session.catalog.dropTempView(view.name)

    return lambda text: [tuple(row) for row in session.sql(text).collect()], close


def stop_spark():
    from pyspark.sql import SparkSession

    SparkSession.builder.getOrCreate().stop()


# With how many captures each is tried: one query takes Spark seconds, whatever it is of.
ENGINES = [
    ("DuckDB", "duckdb.md", duckdb_engine, 5),
    ("ClickHouse", "clickhouse.md", clickhouse_engine, 5),
    ("Spark", "spark.md", spark_engine, 2),
]


def check(engine, wanted, queries):
    """Asks everything, and tells how many answers are not those of the report."""
    failed = 0
    for name, text in queries.items():
        answer = got(name, engine(text))
        if answer != wanted[name]:
            failed += 1
            print(f"FAILED {name}:\n  {answer[:5]}\n  but the report has\n  {wanted[name][:5]}")
    return failed


def joined(all_wanted):
    """Of several captures only that is known which every report tells apart by itself."""
    return {"sensors": sorted(row for wanted in all_wanted for row in wanted["sensors"])}


def main():
    passed = failed = 0
    wanted = {}
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as scratch:
        folders = []
        for path, sensor in captures():
            folder = Path(scratch) / sensor.replace(" ", "-")
            folder.mkdir()
            export(path, sensor, folder / "lake")
            wanted[folder] = expected(report(path), sensor)
            folders.append(folder)
        both = Path(scratch) / "all"
        for folder in folders:
            shutil.copytree(folder / "lake", both / "lake", dirs_exist_ok=True)
        wanted[both] = joined([wanted[folder] for folder in folders])
        for title, text, make, most in ENGINES:
            began = time.monotonic()
            setup, queries = page(text)
            assert len(queries) == 8, queries.keys()
            for folder in [*folders[:most], both]:
                os.chdir(folder)
                asked = {name: queries[name] for name in queries if name in wanted[folder]}
                run, close = make(setup)
                wrong = check(run, wanted[folder], asked)
                close()
                failed += wrong
                passed += len(asked) - wrong
            if title == "Spark":
                stop_spark()
            print(f"{title}: {most} captures, {time.monotonic() - began:.0f} s", flush=True)
        os.chdir(ROOT)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
