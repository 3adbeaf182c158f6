"""`reporter completion`: commands, options, reports, environments and loops, completed by the shell."""

import click
from click.shell_completion import get_completion_class

from reporter.cli.terminal import say

SHELLS = ("bash", "zsh", "fish")


@click.command
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands and names.

    Commands, options, reports, the environments of the settings in force, and loops. Let your shell read the output
    when it starts.

    \b
    Examples:
      reporter completion bash > reporter.bash
      reporter completion zsh > _reporter
      reporter completion fish > reporter.fish
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    made = get_completion_class(shell)
    assert made is not None, shell  # noqa: S101 - the choice is of those that click has
    say(made(context.find_root().command, {}, "reporter", "_REPORTER_COMPLETE").source().rstrip("\n"))
