"""Commands on the tables and boundaries of a project: columns, decisions, repair."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from geoparty import words
from geoparty.cli import show
from geoparty.cli.shared import AsJson, Lang, ProjectFolder, app, opening


@app.command(help="Ý nghĩa từng cột đã nhận ra. · What each column was taken to mean.")
def columns(
    project: ProjectFolder,
    save: Annotated[
        bool, typer.Option("--save", help="Ghi vào project.toml · write into project.toml")
    ] = False,
    lang: Lang = None,
) -> None:
    """Show how headers were recognised; with --save confirm them in ``project.toml``."""
    with opening(project, lang) as (opened, language):
        from geoparty import pipeline

        found = pipeline.recognised(opened)
        saved = pipeline.save_columns(opened, found) if save else {}
    show.show_columns(found, saved, language)


@app.command(help="Các dòng chưa khớp và đề xuất. · Rows not decided, with proposals.")
def review(
    project: ProjectFolder,
    key: Annotated[str | None, typer.Option(help="Dòng cần quyết định · which row (key)")] = None,
    choose: Annotated[
        str | None, typer.Option(help="Mã đơn vị, hoặc none · the unit's id, or none")
    ] = None,
    reason: Annotated[str, typer.Option(help="Lý do · why")] = "",
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List undecided rows with proposals; with --key and --choose write one decision."""
    with opening(project, lang, as_json=as_json) as (opened, language):
        from geoparty import pipeline

        checked = pipeline.check(opened)
        undecided = checked.undecided
        if key is not None and choose is not None:
            asked = undecided[undecided["key"] == key].to_dict("records")
            units = pipeline.units_for(asked[0], checked.places, checked.communes) if asked else {}
            pipeline.decide(
                opened,
                undecided,
                key=key,
                choose=choose,
                reason=reason,
                units=units,
                seen=pipeline.decided(opened).get(key),
            )
            show.terminal().print(words.text("cli.decided", language, key=key), markup=False)
            return
    if as_json:
        show.echo_json({"undecided": json.loads(undecided.to_json(orient="records"))})
    else:
        show.show_review(undecided, language)


@app.command(help="Lỗi ranh giới xã và cách sửa. · Defects of the boundaries and their repair.")
def boundaries(
    project: ProjectFolder,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Ghi ranh giới đã sửa · write the repaired boundaries"),
    ] = False,
    lang: Lang = None,
) -> None:
    """Show overlaps, gaps, parts, repeated points, and what a repair would do to areas."""
    with opening(project, lang) as (opened, language):
        from geoparty import pipeline

        found = pipeline.boundaries_of(opened)
        saved = pipeline.save_repaired(opened, found) if repair else None
    show.show_boundaries(found, saved, language)
