"""The asyncio process: Discord's connection, the queue, the pipes to the engines. It never imports torch."""
