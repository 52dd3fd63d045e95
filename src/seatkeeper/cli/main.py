"""The command line: parse, call, print, exit status.

On top of everything. Every command prints for people, or with ``--json`` one
object per line. Exit status 0 done, 1 failed, 2 changes planned, 3 needs
consent, 64 wrong usage. Commands live by noun in ``commands_*``; this page
joins them and turns errors into words.
"""

import gc
import sys
from collections.abc import Sequence

import cyclopts

from seatkeeper import __version__
from seatkeeper.cli import (
    at_start,
    commands_administrators,
    commands_app,
    commands_approvals,
    commands_config,
    commands_explain,
    commands_expression,
    commands_history,
    commands_mappings,
    commands_notify,
    commands_people,
    commands_plan,
    commands_reconcile,
    commands_report,
    commands_schema,
    commands_serve,
    commands_source,
    commands_token,
    commands_versions,
)
from seatkeeper.cli.ending import Ending
from seatkeeper.cli.log_lines import settle_log_lines
from seatkeeper.cli.out import FAILED, WRONG_USAGE, complain
from seatkeeper.errors import SeatkeeperError
from seatkeeper.store.faults import out_of_files

app = cyclopts.App(
    name="seatkeeper",
    help="Keeps the accounts in your apps in step with your directory.",
    version=__version__,
    default_parameter=cyclopts.Parameter(negative_iterable=(), negative_none=()),
)

for module in (
    commands_serve,
    commands_administrators,
    commands_config,
    commands_explain,
    commands_expression,
    commands_app,
    commands_approvals,
    commands_report,
    commands_history,
    commands_people,
    commands_mappings,
    commands_notify,
    commands_plan,
    commands_reconcile,
    commands_schema,
    commands_source,
    commands_token,
    commands_versions,
):
    module.register(app)

if at_start.COLLECTS:
    gc.enable()


def settle_collector() -> None:
    """Let the collector look at what is made from now on, and less often.

    What the program itself is made of stays; a page of records makes thousands
    of values that hold no cycles, and each look at them costs.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; errors become words, never tracebacks."""
    settle_log_lines()
    try:
        status = app(arguments, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError:
        return WRONG_USAGE
    except SeatkeeperError as error:
        complain(error, json="--json" in arguments)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except OSError as error:
        refused = out_of_files(error)
        if refused is None:
            raise
        complain(refused, json="--json" in arguments)
        return FAILED
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0


def entry() -> None:
    """Run the process's own command line."""
    ending = Ending()
    settle_collector()
    ending.leave(run(sys.argv[1:]))
