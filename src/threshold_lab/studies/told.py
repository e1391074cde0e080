"""What is reported, for a person to read: Markdown."""

from collections.abc import Iterator, Mapping, Sequence

from threshold_lab.studies.published import Finding, Spread
from threshold_lab.studies.rows import LEVEL, Row

_HEADINGS = {
    "claims": ("claim", "metric", "difference", "95 % interval", "seeds", "held to", "verdict"),
    "published": ("study", "majority", "published", "their way", "natural cut", "tuned cut", "verdict"),
    "levels": ("job", "metric", "mean", "sd", "95 % interval", "majority", "tolerance"),
}


def markdown(tables: Mapping[str, Sequence[Row]], found: Sequence[Finding]) -> str:
    """Return all that is reported, made of its tables alone. tables: by study."""
    blocks = [
        "# What this project reports\n\nWritten by `threshold-lab report --freeze`; held to by `make reproduce` "
        "(`FULL=1` for what is published by others, too). Every number is of the test part, over seeds.",
        _published(found),
        *(_study(name, rows) for name, rows in tables.items() if any(row.kind == LEVEL for row in rows)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _study(name: str, rows: Sequence[Row]) -> str:
    levels = [_level(row) for row in rows if row.kind == LEVEL]
    claims = [_claim(row) for row in rows if row.kind != LEVEL]
    pictures = f"![curves of all networks](pictures/{name}_curves.png)"
    return "\n\n".join([f"## {name}", _table("claims", claims), pictures, _table("levels", levels)])


def _claim(row: Row) -> list[str]:
    to = f"two one-sided tests, {row.tolerance:g}" if row.kind == "equivalent" else "the sign, on fresh seeds"
    interval = f"{row.low:+.4f} to {row.high:+.4f}"
    return [row.name, row.metric, f"{row.mean:+.4f}", interval, str(row.seeds), to, row.verdict]


def _level(row: Row) -> list[str]:
    majority = f"{row.majority:.4f}" if row.metric == "accuracy" else ""
    numbers = [f"{row.mean:.4f}", f"{row.sd:.4f}", f"{row.low:.4f} to {row.high:.4f}", majority, f"{row.tolerance:.4f}"]
    return [row.name, row.metric, *numbers]


def _published(found: Sequence[Finding]) -> str:
    cuts = ("theirs", "natural", "tuned")
    rows = [
        [own.name, baseline(own), f"{own.published:.3f}", *(_spread(own.ours.get(cut)) for cut in cuts), own.verdict]
        for own in found
    ]
    notes = "\n".join(f"- **{own.name}**: {'; '.join(lines(own))}" for own in found)
    picture = "![published numbers and ours](pictures/published.png)"
    return "\n\n".join(["## Other people's numbers", _table("published", rows), picture, notes])


def baseline(own: Finding) -> str:
    """Return the accuracy of calling every row as most are; empty of another metric."""
    return "" if own.majority is None else f"{own.majority:.3f}"


def _spread(ours: Spread | None) -> str:
    return "" if ours is None else f"{ours.mean:.3f} ± {ours.sd:.3f}"


def lines(own: Finding) -> Iterator[str]:
    """Yield what there is to say of a published number, in sentences."""
    yield own.claim.rstrip(".")
    yield from own.reasons
    if own.train:
        yield f"on the training part {own.train[0]:.3f} was published, here it is {_spread(own.train[1])}"
    if own.spread:
        yield f"standard deviation over folds: {own.spread[0]:.4f} published, {own.spread[1]:.4f} here"
    if own.one_class:
        alike = own.one_class
        yield (
            f"of the {alike.nets} networks of a repetition, {alike.mean:.1f} (at most {alike.most}) call every row "
            f"alike; their mean is {own.ours['theirs'].mean:.4f}, their median {alike.median:.4f}"
        )
    if own.gap:
        gap = own.gap
        yield (
            f"gap to binary cross-entropy: {gap.published:.3f} published; here {gap.theirs:.3f} their way, "
            f"{gap.natural:.3f} at the natural cuts, {gap.tuned:.3f} at tuned ones: {gap.loss:.0%} of it is the loss, "
            f"{gap.cut:.0%} the cut"
        )


def _table(kind: str, rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    heading = _HEADINGS[kind]
    written = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(own)} |" for own in written)
