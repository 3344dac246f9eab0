"""``python -m gridmap.cli``: the same command without the installed script."""

from gridmap.cli import main

main()
