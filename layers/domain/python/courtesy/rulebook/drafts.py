"""Drafts of the rulebook: what somebody wants changed, from the first edit to its publication by another person.

    open -> submitted -> approved -> published          submitted, approved -> open (refused, or changed once more)
    open, submitted, approved -> withdrawn

Whoever wrote any of a draft, or submitted it, does not approve it. A draft is made of one published version; when another is
published meanwhile, it is stale and takes up the other's changes (`rebase`) before it can be published.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from courtesy.errors import Conflict, NotAllowed, RefusedRule
from courtesy.rulebook.files import check_path, check_text

State = Literal["open", "submitted", "approved", "published", "withdrawn"]
LIVING: frozenset[str] = frozenset({"open", "submitted", "approved"})
"""States that a draft may still be changed or ended from."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it stands.

    base:     the version it was made of; revision: counts its changes, from 1
    authors:  everybody who changed it; submitted_by, approved_by: empty until then
    remark:   what was said with the last step; published: the version that it became, 0 until then
    files:    all texts of the rulebook as the draft would have it, by path; empty in a list of drafts
    """

    draft_id: str
    title: str
    base: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    state: State = "open"
    revision: int = 1
    authors: list[str] = []
    submitted_by: str = ""
    approved_by: str = ""
    remark: str = ""
    published: int = 0
    files: dict[str, str] = {}


class FileChange(msgspec.Struct, frozen=True):
    """A file that differs from the draft's base."""

    path: str
    kind: Literal["added", "changed", "removed"]


def open_draft(
    draft_id: str, title: str, base: int, files: Mapping[str, str], by: str, at: datetime
) -> Draft:
    """A fresh draft of a published version's files."""
    return Draft(
        draft_id=draft_id, title=title, base=base, created_by=by, created_at=at, changed_by=by, changed_at=at,
        files=dict(files),
    )  # fmt: skip


def edit(draft: Draft, path: str, text: str, by: str, at: datetime) -> Draft:
    """The draft with one file's text. A submitted one is open again. Raises RefusedRule, Conflict."""
    check_path(path)
    check_text(path, text)
    return _changed(draft, {**draft.files, path: text}, by, at)


def remove(draft: Draft, path: str, by: str, at: datetime) -> Draft:
    """The draft without one file. Raises RefusedRule where it has none, Conflict."""
    if path not in draft.files:
        raise RefusedRule("the draft has no such file", rule=path[:120])
    return _changed(draft, {name: text for name, text in draft.files.items() if name != path}, by, at)


def submit(draft: Draft, remark: str, by: str, at: datetime) -> Draft:
    """Ask for approval; the files stay as they are from now on. Raises Conflict."""
    _must_be(draft, "open")
    return _stepped(draft, by, at, state="submitted", submitted_by=by, remark=remark)


def approve(draft: Draft, remark: str, by: str, at: datetime) -> Draft:
    """Say yes. Raises NotAllowed for whoever wrote or submitted it, Conflict."""
    _must_be(draft, "submitted")
    _another(draft, by)
    return _stepped(draft, by, at, state="approved", approved_by=by, remark=remark)


def reject(draft: Draft, remark: str, by: str, at: datetime) -> Draft:
    """Say no, with the reason: the draft is open again. Raises Conflict."""
    _must_be(draft, "submitted", "approved")
    return _stepped(draft, by, at, state="open", submitted_by="", approved_by="", remark=remark)


def withdraw(draft: Draft, by: str, at: datetime) -> Draft:
    """Give the draft up. Raises Conflict where it has ended already."""
    _must_be(draft, *LIVING)
    return _stepped(draft, by, at, state="withdrawn")


def publishable(draft: Draft, current: int, by: str) -> None:
    """Raises Conflict unless the draft is approved and of the version in force, NotAllowed for whoever wrote it."""
    _must_be(draft, "approved")
    _another(draft, by)
    if draft.base != current:
        raise Conflict(
            f"the draft was made of version {draft.base}, and version {current} is in force; take up its changes (rebase), "
            "then have the draft approved again"
        )


def published(draft: Draft, version: int, by: str, at: datetime) -> Draft:
    """The draft once it is a version."""
    return _stepped(draft, by, at, state="published", published=version)


def rebase(
    draft: Draft, ours: Mapping[str, str], current: int, theirs: Mapping[str, str], by: str, at: datetime
) -> Draft:
    """The draft made of the version in force: files that it did not change are taken from there.

    ours: files of the draft's base; theirs: of the version in force. Raises Conflict that names the files which both changed,
    and where the draft has ended. A submitted or approved one is open again.
    """
    _must_be(draft, *LIVING)
    mine = {change.path for change in changes(ours, draft.files)}
    clashes = sorted(
        path
        for path in mine
        if theirs.get(path) != ours.get(path) and theirs.get(path) != draft.files.get(path)
    )
    if clashes:
        raise Conflict(
            f"changed in the draft and in version {current}: {', '.join(clashes)}; write the draft's file anew on what "
            "stands now, or begin a new draft"
        )
    merged = {**theirs, **{path: draft.files[path] for path in mine if path in draft.files}}
    for path in mine - draft.files.keys():
        merged.pop(path, None)
    stepped = _stepped(draft, by, at, state="open", submitted_by="", approved_by="")
    return replace(stepped, base=current, files=merged)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[FileChange]:
    """The files in which two rulebooks differ, by path."""
    found = []
    for path in sorted({*before, *after}):
        if path not in before:
            found.append(FileChange(path, "added"))
        elif path not in after:
            found.append(FileChange(path, "removed"))
        elif before[path] != after[path]:
            found.append(FileChange(path, "changed"))
    return found


def _changed(draft: Draft, files: dict[str, str], by: str, at: datetime) -> Draft:
    _must_be(draft, *LIVING)
    authors = sorted({*draft.authors, by})
    stepped = _stepped(draft, by, at, state="open", submitted_by="", approved_by="")
    return replace(stepped, files=files, authors=authors)


def _stepped(draft: Draft, by: str, at: datetime, **changes: object) -> Draft:
    return replace(draft, revision=draft.revision + 1, changed_by=by, changed_at=at, **changes)


def _must_be(draft: Draft, *states: str) -> None:
    if draft.state not in states:
        raise Conflict(
            f"the draft is {draft.state}; this is for drafts that are {' or '.join(sorted(states))}"
        )


def _another(draft: Draft, by: str) -> None:
    if by in {*draft.authors, draft.created_by, draft.submitted_by}:
        raise NotAllowed(
            "whoever wrote or submitted a draft does not approve or publish it; ask another approver"
        )
