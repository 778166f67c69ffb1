"""The subcommands of `posecast`, a module each: `add_arguments(parser)` and `run(args)`."""
