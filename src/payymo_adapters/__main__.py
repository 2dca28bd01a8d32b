"""``payymo``, and ``python -m payymo_adapters``."""

import sys

_EXTRA = ("click", "rich", "lxml", "mt940")  # what ``payymo[cli]`` brings
_REFUSED = 2


def main() -> None:
    """Run the command line, or say what to install where only the core is there."""
    try:
        # Imported here: without the extra it fails, and that is to be told in words.
        from payymo_adapters.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(
            f"payymo: {error.name} is not installed, which the command line needs: "
            "pip install 'payymo[cli]'\n"
        )
        sys.exit(_REFUSED)
    command(prog_name="payymo")


if __name__ == "__main__":
    main()
