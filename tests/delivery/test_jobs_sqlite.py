"""The queue's SQLite file on machines whose SQLite is older than the queue expects."""

import time
from contextlib import closing

from kwhen.delivery import jobs
from kwhen.storage.database import Database


def test_an_old_sqlite_tells_milliseconds(tmp_path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'kwhen.db'}")
    engine = jobs._engine(database)
    before_s = time.time()
    with closing(engine.raw_connection()) as connection:
        table = "CREATE TABLE t (at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000), x)"
        connection.cursor().execute(table)
        connection.cursor().execute("INSERT INTO t (x) VALUES (1)")
        ((at_ms,),) = connection.cursor().execute("SELECT at FROM t").fetchall()
    engine.dispose()
    database.dispose()
    assert before_s - 1 <= at_ms / 1000 <= time.time() + 1
