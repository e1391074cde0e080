"""What make audit says, by what pip-audit answers: silence of the database is never taken for safety."""

from audit import told

FINE = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNASKED = {"name": "c", "skip_reason": "Dependency not found"}


def test_only_an_answer_about_every_package_is_a_clean_lock():
    assert told({"dependencies": [FINE, FINE]}) == (0, ["2 packages, no known vulnerability."])
    code, lines = told({"dependencies": [FINE, UNASKED]})
    assert (code, lines[0]) == (3, "1 of 2 packages could not be asked after, as c: Dependency not found")
    code, lines = told("no route to host")
    assert (code, "says nothing" in lines[0], "no route" in lines[1]) == (3, True, True)


def test_a_vulnerable_package_is_named_with_the_version_that_mends_it():
    code, lines = told({"dependencies": [FINE, BAD, UNASKED]})
    assert (code, lines[0]) == (1, "b 2: CVE-1, mended in 3")
