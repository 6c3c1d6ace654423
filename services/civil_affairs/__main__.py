"""Runs the adapter of civil affairs as a process of its own."""

from services.civil_affairs.adapter import adapter
from shouwang.kit.adapter import serve

if __name__ == "__main__":
    serve.main(adapter)
