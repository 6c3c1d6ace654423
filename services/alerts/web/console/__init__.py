"""The console: server-rendered pages in Chinese, every state a URL, no script needed."""
