"""`reporter schema`: the JSON Schema of any document."""

import click

from reporter.cli.terminal import print_json, say
from reporter.errors import UsageFault
from reporter.model.schemas import find_schema, schema_names, write_schema


@click.command
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of a manifest, a report or a file of a bundle.

    Without NAME, list the names.

    \b
    Examples:
      reporter schema
      reporter schema rollback_drill_schedule > schedule.schema.json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    if name is None:
        say("\n".join(schema_names()))
    elif name in schema_names():
        print_json(write_schema(find_schema(name)))
    else:
        raise UsageFault(f"{name!r} has no schema; known: {', '.join(schema_names())}")
