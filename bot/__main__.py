"""``python -m bot``: see ``python -m bot --help``."""

if __name__ == "__main__":  # a spawned engine imports this module under another name, and needs none of it
    from bot.cli.app import main

    main()
