"""What goes out by aiohttp's client."""
