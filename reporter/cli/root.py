"""The command group: knows every command by name and one line, imports one when it is called."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from reporter.cli import INTERRUPTED
from reporter.cli.terminal import complain, log_plainly, remark
from reporter.errors import ExitCode, ReporterError, places_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """One command: where it is, and its line in `reporter --help`."""

    at: str
    line: str


COMMANDS: Final = {
    "init": Entry("init:init", "Write settings, a signing key and, with --sample, a world to run at once."),
    "doctor": Entry("doctor:doctor", "Check machine, settings, key, ledger, clock, disk and connectors."),
    "run": Entry("run:run", "Assess every environment and leave one sealed, verified bundle for each."),
    "check": Entry("check:check", "Assess one report, from settings or from flags alone."),
    "gate": Entry("gate:gate", "Say which backend may be selected, go or python, and what speaks against go."),
    "evaluate": Entry("evaluate:evaluate", "Decide about one action, by Python and, where it may take part, by Go."),
    "parity": Entry("parity:parity", "Evaluate many actions by both backends, and write promotion evidence."),
    "status": Entry("status:status", "Say where every environment stands: the verdict, what is due, who must act."),
    "schedule": Entry("schedule:schedule", "Run the jobs of [schedule.JOB] at their times, until SIGTERM."),
    "serve": Entry("serve:serve", "Serve the reports and the loops over HTTP, until SIGTERM."),
    "verify": Entry("verify_command:verify", "Check everything about a bundle, offline."),
    "diff": Entry("diff:diff", "Say what changed between two bundles."),
    "history": Entry("history:history", "List the bundles of an environment, and whether their chain holds."),
    "calendar": Entry("calendar:calendar", "Write what is due, and who cannot be told when, as an iCalendar file."),
    "feed": Entry("feed:feed", "Write the changes of verdicts as an Atom feed."),
    "ack": Entry("ack:ack", "Answer for what was delivered: LOOP and SUBJECT, as told to a provider."),
    "notify": Entry("notify:notify", "Tell owners of the next rollback drill."),
    "alert": Entry("alert:alert", "Tell people of retry workers that are not well."),
    "retry": Entry("retry:retry", "Plan the retries of every loop; approve one; run the workers."),
    "recovery": Entry("recovery:recovery", "Open and close the recovery of a provider."),
    "mail": Entry("mail:mail", "Mail the executive report of a bundle to its readers."),
    "attach": Entry("attach:attach", "Attach a bundle to the records that its release is approved on."),
    "records": Entry("records:records", "Import evidence records into the ledger; export it; verify it."),
    "prune": Entry("prune:prune", "Take away the bundles that retention lets go; put bundles on hold."),
    "keys": Entry("keys:keys", "Make a signing key; show the id of a key."),
    "settings": Entry("settings:settings", "Check the settings; print an example with every key."),
    "completion": Entry("completion:completion", "Print what makes a shell complete commands and names."),
    "schema": Entry("schema:schema", "Print the JSON Schema of a manifest, a report or a file of a bundle."),
}

EXIT_CODES: Final = "Exit codes:\n\n\b\n" + "\n".join(f"{code.value:>4}  {code.meaning}" for code in ExitCode)


class LazyGroup(click.Group):
    """A group whose commands are imported on use; its help needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].at.partition(":")
        command: click.Command = getattr(import_module(f"reporter.cli.{module}"), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete the name of a command from the table; none is imported for it."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=COMMANDS[name].line) for name in COMMANDS if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say which there are, and where a report was meant, how to ask for it."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from reporter.model.registry import find_report

            kind = find_report(args[0])
            hint = (
                f"a report is asked for with: reporter check {kind.name}" if kind else f"known: {', '.join(COMMANDS)}"
            )
            ctx.fail(f"{args[0]!r} is no command; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reporter", prog_name="reporter", message="%(prog)s %(version)s")
def root() -> None:
    """Prove that a promoted Go-backend pilot can be released, and rolled back.

    \b
    Try it:
      reporter init demo --sample
      reporter run --settings demo/reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


def call(arguments: list[str]) -> int:
    """Run a command and turn every way it can end into an exit code."""
    log_plainly()
    try:
        outcome: Any = root.main(arguments, prog_name="reporter", standalone_mode=False)
    except click.ClickException as error:
        _explain(error)
        return ExitCode.USAGE
    except click.Abort:
        return INTERRUPTED
    except ReporterError as error:
        complain(error.faults)
        return error.exit_code
    except SystemExit as ended:
        # click's answers to a completion that was asked for, and to a broken pipe: that of a help text whose reader
        # left, or one inside a command.
        harmless = ended.code == 0 or {"-h", "--help", "--version"} & {*arguments}
        return ExitCode.DONE if harmless else ExitCode.BUG
    except Exception as error:  # noqa: BLE001 - the last line of defence; whatever it is, it is ours
        remark("\n".join(places_of(error)))
        remark("This is a bug in reporter. Please report it with the lines above.")
        return ExitCode.BUG
    return outcome if isinstance(outcome, int) else ExitCode.DONE


def _explain(error: click.ClickException) -> None:
    """Print a mistake in the call as one line, or the whole help when nothing was asked."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    else:
        context = getattr(error, "ctx", None)
        found = " ".join(error.format_message().split()).rstrip(".")
        complain([f"{found}; see {context.command_path if context else 'reporter'} --help"])
