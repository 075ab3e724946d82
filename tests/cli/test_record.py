"""A record the commands meet in another state than they left it: changed behind their back."""

import json
import sqlite3

from tests.cli.command import sandbox


def test_a_document_changed_in_the_record_is_told_by_show_compare_export_and_doctor(workspace, record):
    with sqlite3.connect(record) as db:
        db.execute("DROP TRIGGER documents_no_update")
        db.execute("UPDATE documents SET json = replace(json, 'It is dark', 'It is bright')")
    db.close()
    shown = sandbox(workspace, "show", "last")
    assert shown.code == 0
    assert "“dark-street” was changed in the record" in shown.out
    compared = sandbox(workspace, "compare", "last")
    assert compared.code == 0
    assert "“dark-street” was changed in the record" in compared.err
    exported = json.loads(sandbox(workspace, "show", "last", "--json").out)
    assert "was changed in the record" in json.dumps(exported, ensure_ascii=False)
    looked = sandbox(workspace, "doctor")
    (line,) = [line for line in looked.out.splitlines() if "record:" in line]
    assert line.startswith("FAULT") and "dark-street" in line
    assert looked.code != 0
