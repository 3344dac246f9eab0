"""Keeping the words of cases: folding in what is waiting, proving it right, making everything anew after bulk loads."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

FOLD_CASES = 2_000
FRESH = "gridmap_words(c.case_code, c.title, c.address_text, c.description)"
UPSERT = f"""
insert into case_words (county_code, id, unit_code, words)
select c.county_code, c.id, c.unit_code, {FRESH}
from case_words_folding f join cases c on (c.county_code, c.id) = (f.county_code, f.id)
on conflict (county_code, id) do update set unit_code = excluded.unit_code, words = excluded.words
"""
AUDIT = f"""
select count(*) from cases c full join case_words w on (w.county_code, w.id) = (c.county_code, c.id)
where not exists (select from case_words_waiting q where (q.county_code, q.id) = (c.county_code, c.id))
  and (c.id is null or w.id is null or w.unit_code <> c.unit_code or w.words <> {FRESH})
"""


def fold_words(session: Session, *, most: int = FOLD_CASES) -> int:
    """Fold the words of up to ``most`` waiting cases in; return how many were taken.

    The waiting row is taken first (and so locked), the case is read after: a change under way waits for this transaction, or
    this for the change, and what is read is never older than what was waiting.
    """
    session.execute(text("create temporary table case_words_folding (county_code integer, id bigint) on commit drop"))
    taken = session.execute(
        text(
            "with chosen as (select county_code, id from case_words_waiting limit :most),"
            " gone as (delete from case_words_waiting w using chosen s where (w.county_code, w.id) = (s.county_code, s.id)"
            " returning w.county_code, w.id) insert into case_words_folding select * from gone"
        ),
        {"most": most},
    )
    session.execute(text(UPSERT))
    session.execute(text("drop table case_words_folding"))
    return int(getattr(taken, "rowcount", 0))


def rebuild_words(session: Session) -> None:
    """Make the words of all cases anew, in this transaction (as the owner of the tables); for bulk loads."""
    index = session.execute(text("select pg_get_indexdef('ix_case_words_grams'::regclass)")).scalar_one()
    session.execute(text("truncate case_words, case_words_waiting"))
    session.execute(text("drop index ix_case_words_grams"))
    session.execute(
        text(
            "insert into case_words (county_code, id, unit_code, words)"
            f" select c.county_code, c.id, c.unit_code, {FRESH} from cases c"
        )
    )
    session.execute(text(index))
    session.execute(text("analyze case_words"))


def audit_words(session: Session) -> int:
    """Count cases whose kept words are not those of the case, waiting ones aside; 0 is right."""
    return int(session.execute(text(AUDIT)).scalar_one())
